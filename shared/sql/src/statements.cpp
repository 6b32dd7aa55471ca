#include "statements.hpp"

#include <algorithm>
#include <string>

namespace tasker::sql {

namespace {

bool is_word_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

bool is_word_char(char c) {
    return is_word_start(c) || (c >= '0' && c <= '9') || c == '$';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

std::string lower_case(std::string_view word) {
    std::string lower{word};
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

/// Walks over a script, token by token. Each skip_ function is called at the first character of its
/// token and stops after the last; an unclosed token ends with the script.
class scanner {
public:
    explicit scanner(std::string_view script) : text_{script} {}

    std::vector<statement> split() {
        while (at_ < text_.size()) {
            if (!skip_blank()) {
                scan_token();
            }
        }
        end_statement();
        return std::move(found_);
    }

private:
    bool looking_at(std::string_view prefix) const {
        return text_.substr(at_, prefix.size()) == prefix;
    }
    char next(std::size_t ahead = 1) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    bool skip_blank() {
        if (is_space(text_[at_])) {
            ++at_;
        } else if (looking_at("--")) {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (looking_at("/*")) {
            skip_block_comment();
        } else {
            return false;
        }
        return true;
    }

    void skip_block_comment() {
        int depth = 0; // they nest in PostgreSQL
        do {
            if (looking_at("/*")) {
                ++depth;
                at_ += 2;
            } else if (looking_at("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0 && at_ < text_.size());
        at_ = std::min(at_, text_.size());
    }

    void skip_quoted(char quote, bool has_escapes) {
        for (++at_; at_ < text_.size(); ++at_) {
            if (has_escapes && text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == quote) {
                if (next() != quote) {
                    break;
                }
                ++at_;
            }
        }
        at_ = std::min(at_ + 1, text_.size());
    }

    /// False if no dollar quote starts here.
    bool skip_dollar_quoted() {
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_word_char(text_[end]) && text_[end] != '$') {
            ++end;
        }
        bool const is_parameter = next() >= '0' && next() <= '9';
        if (end >= text_.size() || text_[end] != '$' || is_parameter) {
            return false;
        }
        std::string_view const tag = text_.substr(at_, end + 1 - at_);
        std::size_t const close = text_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
        return true;
    }

    void scan_word() {
        std::size_t const begin = at_;
        while (at_ < text_.size() && is_word_char(text_[at_])) {
            ++at_;
        }
        std::string const word = lower_case(text_.substr(begin, at_ - begin));
        if (word == "e" && at_ < text_.size() && text_[at_] == '\'') {
            skip_quoted('\'', true);
        } else if (word == "atomic" && last_word_ == "begin") {
            block_depth_ = 1;
        } else if (block_depth_ > 0 && word == "case") {
            ++block_depth_;
        } else if (block_depth_ > 0 && word == "end") {
            --block_depth_;
        }
        last_word_ = word;
    }

    void scan_token() {
        char const c = text_[at_];
        if (c == ';' && parentheses_ == 0 && block_depth_ == 0) {
            end_statement();
            ++at_;
            return;
        }
        if (begin_ == std::string_view::npos) {
            begin_ = at_;
        }
        if (is_word_start(c)) {
            scan_word();
        } else if (c == '\'' || c == '"') {
            skip_quoted(c, false);
        } else if (c != '$' || !skip_dollar_quoted()) {
            parentheses_ += c == '(' ? 1 : c == ')' && parentheses_ > 0 ? -1 : 0;
            ++at_;
        }
        end_ = at_;
    }

    void end_statement() {
        if (begin_ != std::string_view::npos) {
            auto const line = 1 + std::ranges::count(text_.substr(0, begin_), '\n');
            found_.push_back({text_.substr(begin_, end_ - begin_), static_cast<int>(line)});
        }
        begin_ = std::string_view::npos;
        parentheses_ = 0;
        block_depth_ = 0;
        last_word_.clear();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t begin_ = std::string_view::npos; ///< of the statement; npos: between two
    std::size_t end_ = 0;                        ///< after its last token
    int parentheses_ = 0;
    int block_depth_ = 0; ///< of `begin atomic` and the `case`s in it
    std::string last_word_;
    std::vector<statement> found_;
};

} // namespace

std::vector<statement> split_statements(std::string_view script) {
    return scanner{script}.split();
}

} // namespace tasker::sql
