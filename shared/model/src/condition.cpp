#include "condition.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::string_view blanks = " \t\n\r\f";
constexpr std::string_view delimiters = "?%$.[]{}()|&!=<>@#,*:-+/\\\" \t\n\r\f";

/// Methods for dates and times, of PostgreSQL 13 and of 17. Their results depend on the session.
constexpr std::array<std::string_view, 6> time_methods{"datetime", "date",      "time",
                                                       "time_tz",  "timestamp", "timestamp_tz"};

/// SQL/JSON path compares its keywords without regard to case.
std::string lower(std::string_view word) {
    std::string out{word};
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Reads a condition from left to right. A string that has no end is left to PostgreSQL.
class examiner {
public:
    examiner(std::string_view text, std::span<std::string_view const> variables)
        : rest_{text},
          variables_{variables} {}

    condition_facts run() {
        while (!rest_.empty() && !facts_.problem) {
            step();
        }
        if (!facts_.problem && !reads_value_) {
            facts_.problem =
                "must read a parent's result or " + named_variables() + ": it is always the same";
        }
        return std::move(facts_);
    }

private:
    void step() {
        if (rest_.front() == '"') {
            quoted();
        } else if (rest_.starts_with("/*")) {
            facts_.problem = "must not contain comments";
        } else if (rest_.starts_with("**")) {
            facts_.problem = "must not contain `**`: name the members";
        } else if (rest_.front() == '\\') {
            facts_.problem = "must not contain `\\` outside of quotes";
        } else if (rest_.front() == '$') {
            rest_.remove_prefix(1);
            reads_value_ = true;
            variable();
        } else if (rest_.front() == '.') {
            rest_.remove_prefix(1);
            member();
        } else if (auto const word = lower(name()); word == "like_regex") {
            facts_.problem = "must not contain `like_regex`";
        } else if (word.empty()) {
            rest_.remove_prefix(1);
        }
    }

    /// After `$`.
    void variable() {
        auto const named = key();
        if (!named.empty()) {
            if (std::ranges::find(variables_, named) == variables_.end()) {
                facts_.problem =
                    "must not use the variable $" + named + ": there is only " + named_variables();
            }
            return;
        }
        skip_blanks();
        if (rest_.starts_with('.')) {
            rest_.remove_prefix(1);
            if (auto parent = member(); !parent.empty()) {
                facts_.parents.push_back(std::move(parent));
            }
        }
    }

    /// After `.`: the name of a member; "" for a method and what else may follow.
    std::string member() {
        skip_blanks();
        bool const is_quoted = rest_.starts_with('"');
        auto found = key();
        skip_blanks();
        if (is_quoted || !rest_.starts_with('(')) {
            return found;
        }
        if (std::ranges::find(time_methods, lower(found)) != time_methods.end()) {
            facts_.problem = "must not contain `" + lower(found) + "()`";
        }
        return {};
    }

    /// A quoted or plain name; "" if there is none, or if it has escapes, which PostgreSQL reads.
    std::string key() {
        return rest_.starts_with('"') ? quoted() : std::string{name()};
    }

    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    }

    std::string_view name() {
        auto const word = rest_.substr(0, rest_.find_first_of(delimiters));
        rest_.remove_prefix(word.size());
        return word;
    }

    std::string quoted() {
        std::size_t end = 1;
        bool has_escapes = false;
        while (end < rest_.size() && rest_[end] != '"') {
            bool const is_escape = rest_[end] == '\\';
            has_escapes = has_escapes || is_escape;
            end += is_escape ? 2 : 1;
        }
        end = std::min(end, rest_.size());
        std::string out{rest_.substr(1, end - 1)};
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return has_escapes ? std::string{} : out;
    }

    /// "$context, $result or $iteration"
    std::string named_variables() const {
        std::string out;
        for (std::size_t i = 0; i < variables_.size(); ++i) {
            out += i == 0 ? "$" : i + 1 == variables_.size() ? " or $" : ", $";
            out += variables_[i];
        }
        return out;
    }

    std::string_view rest_;
    std::span<std::string_view const> variables_;
    bool reads_value_ = false;
    condition_facts facts_;
};

} // namespace

condition_facts examine_condition(std::string_view text,
                                  std::span<std::string_view const> variables) {
    return examiner{text, variables}.run();
}

std::optional<std::string> when_problem(std::string_view text) {
    return examine_condition(text, when_variables).problem;
}

std::optional<std::string> until_problem(std::string_view text) {
    return examine_condition(text, until_variables).problem;
}

} // namespace tasker::model
