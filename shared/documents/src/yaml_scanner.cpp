#include "yaml_scanner.hpp"

#include "document_builder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tasker::documents {

namespace {

constexpr std::string_view flow_indicators = ",[]{}";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view without_trailing_blanks(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

} // namespace

bool yaml_scanner::blank_after(std::size_t ahead) const noexcept {
    std::size_t const at = here_.position + ahead;
    return at >= text_.size() || is_blank(text_[at]) || text_[at] == '\n';
}

bool yaml_scanner::flow_blank_after(std::size_t ahead) const noexcept {
    return blank_after(ahead) || flow_indicators.find(peek(ahead)) != std::string_view::npos;
}

bool yaml_scanner::at_marker() const noexcept {
    std::string_view const word = text_.substr(here_.position, 3);
    return here_.position == here_.line_start && (word == "---" || word == "...") && blank_after(3);
}

void yaml_scanner::next_line() noexcept {
    ++here_.position;
    here_.line_start = here_.position;
    ++here_.line;
}

std::size_t yaml_scanner::leading_spaces(std::size_t at) const noexcept {
    return std::min(text_.find_first_not_of(' ', at), text_.size()) - at;
}

void yaml_scanner::skip_blanks() noexcept {
    while (!at_end() && is_blank(text_[here_.position])) {
        ++here_.position;
    }
}

void yaml_scanner::skip_line() noexcept {
    here_.position = std::min(text_.find('\n', here_.position), text_.size());
}

yaml_place yaml_scanner::skip_gap() noexcept {
    if (here_.position == place_position_) {
        return place_;
    }
    bool new_line = here_.position == here_.line_start;
    std::size_t from = here_.position;
    for (;;) {
        skip_blanks();
        if (peek() == '#' &&
            (here_.position == here_.line_start || is_blank(text_[here_.position - 1]))) {
            skip_line();
        }
        if (peek() != '\n') {
            break;
        }
        next_line();
        new_line = true;
        from = here_.position;
    }
    bool const tab = text_.substr(from, here_.position - from).find('\t') != std::string_view::npos;
    std::size_t const column =
        new_line && tab ? leading_spaces(here_.line_start) : here_.position - here_.line_start;
    place_ = {.column = static_cast<int>(column), .new_line = new_line, .tab = tab};
    place_position_ = here_.position;
    return place_;
}

void yaml_scanner::expect_line_end() {
    skip_blanks();
    bool const comment = peek() == '#' && here_.position > 0 && is_blank(text_[here_.position - 1]);
    if (!at_end() && peek() != '\n' && !comment) {
        fail(at_indicator(':') ? "a key must be on one line, and a mapping on a new line"
                               : "unexpected text after a value");
    }
}

std::string_view yaml_scanner::word(bool flow) {
    std::size_t const start = here_.position;
    while (!(flow ? flow_blank_after(0) : blank_after(0))) {
        ++here_.position;
    }
    return text_.substr(start, here_.position - start);
}

std::string_view yaml_scanner::tag(bool flow) {
    std::size_t const end =
        peek(1) == '<' ? text_.find('>', here_.position) : std::string_view::npos;
    if (end == std::string_view::npos) {
        return word(flow);
    }
    std::string_view const out = text_.substr(here_.position, end + 1 - here_.position);
    here_.position = end + 1;
    return out;
}

void yaml_scanner::fail(std::string_view problem) const {
    // Columns count characters, not bytes.
    auto const is_first_byte = [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    };
    auto const column =
        1 + std::ranges::count_if(text_.substr(here_.line_start, here_.position - here_.line_start),
                                  is_first_byte);
    throw_unreadable(here_.line,
                     fmt::format("is not valid YAML at column {}: {}", column, problem));
}

void yaml_scanner::check_plain_start(bool flow) const {
    constexpr std::string_view never = ",[]{}#&*!|>'\"%@`";
    constexpr std::string_view before_text = "-?:";
    char const c = peek();
    bool const alone = flow ? flow_blank_after(1) : blank_after(1);
    if (never.find(c) != std::string_view::npos ||
        (before_text.find(c) != std::string_view::npos && alone)) {
        fail(fmt::format("unexpected '{}'; put the value in quotes if it begins with it", c));
    }
}

/// Whether a ':' or, in a flow collection, one of ",[]{}" ends a plain scalar here.
bool yaml_scanner::plain_ends(bool flow) const noexcept {
    char const c = peek();
    return (c == ':' && (flow ? flow_blank_after(1) : blank_after(1))) ||
           (flow && flow_indicators.find(c) != std::string_view::npos);
}

std::string_view yaml_scanner::plain_line(bool flow) noexcept {
    std::size_t const start = here_.position;
    for (; !at_end() && peek() != '\n' && !plain_ends(flow); advance(1)) {
        if (peek() == '#' && here_.position > start && is_blank(text_[here_.position - 1])) {
            break;
        }
    }
    auto const line = without_trailing_blanks(text_.substr(start, here_.position - start));
    here_.position = start + line.size();
    return line;
}

/// To the next line of a plain scalar; how many line ends are before it. 0: there is no such line.
std::size_t yaml_scanner::continue_plain(int indent, bool flow) noexcept {
    cursor const before = here_;
    std::size_t breaks = 0;
    bool ends = false;
    for (skip_blanks(); peek() == '\n'; skip_blanks()) {
        next_line();
        ++breaks;
        ends = ends || at_marker();
    }
    if (ends || at_end() || peek() == '#' || plain_ends(flow) ||
        leading_spaces(here_.line_start) < static_cast<std::size_t>(indent)) {
        breaks = 0;
    }
    if (breaks == 0) {
        here_ = before;
    }
    return breaks;
}

yaml_text yaml_scanner::plain(int indent, bool flow) {
    check_plain_start(flow);
    yaml_text out{.line = here_.line, .plain = true};
    out.text = plain_line(flow);
    while (std::size_t const breaks = continue_plain(indent, flow)) {
        if (!out.multi_line) {
            buffer_ = out.text;
            out.multi_line = true;
        }
        append_breaks(breaks);
        buffer_ += plain_line(flow);
        out.text = buffer_;
    }
    return out;
}

/// One line end becomes a space; of several, the first is dropped.
void yaml_scanner::append_breaks(std::size_t breaks) {
    buffer_.append(breaks == 1 ? 1 : breaks - 1, breaks == 1 ? ' ' : '\n');
}

/// Over line ends and empty lines to the text of a quoted scalar that follows them.
std::size_t yaml_scanner::break_lines(int indent) {
    std::size_t breaks = 0;
    while (peek() == '\n') {
        next_line();
        ++breaks;
        if (at_marker()) {
            fail("a quoted value has no closing quote before the end of the document");
        }
        skip_blanks();
    }
    if (!at_end() && leading_spaces(here_.line_start) < static_cast<std::size_t>(indent)) {
        fail("a line of a quoted value is not indented enough");
    }
    return breaks;
}

yaml_text yaml_scanner::quoted(int indent) {
    cursor const opening = here_;
    char const quote = peek();
    advance(1);
    buffer_.clear();
    std::size_t start = here_.position;
    auto const rest = [&] { return text_.substr(start, here_.position - start); };
    for (;;) {
        if (at_end()) {
            here_ = opening;
            fail("a quoted value has no closing quote");
        }
        char const c = text_[here_.position];
        if (c == '\n') {
            buffer_ += without_trailing_blanks(rest());
            append_breaks(break_lines(indent));
        } else if (c == '\\' && quote == '"') {
            buffer_ += rest();
            unescape(indent);
        } else if (c == '\'' && quote == '\'' && peek(1) == '\'') {
            advance(1);
            buffer_ += rest();
            advance(1);
        } else if (c == quote) {
            break;
        } else {
            advance(1);
            continue;
        }
        start = here_.position;
    }
    buffer_ += rest();
    advance(1);
    return {.text = buffer_, .line = opening.line, .multi_line = here_.line != opening.line};
}

} // namespace tasker::documents
