// Escapes and block scalars, the other half of yaml_scanner.

#include "yaml_scanner.hpp"

#include "document_builder.hpp"

#include "tasker/base/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace tasker::documents {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_high_surrogate(std::uint32_t c) {
    return c >= 0xd800 && c < 0xdc00;
}

bool is_low_surrogate(std::uint32_t c) {
    return c >= 0xdc00 && c < 0xe000;
}

/// The code point of an escape of one character; 0xffff'ffff: none.
std::uint32_t escaped(char c) {
    switch (c) {
    case '0':
        return 0;
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 't':
    case '\t':
        return '\t';
    case 'n':
        return '\n';
    case 'v':
        return '\v';
    case 'f':
        return '\f';
    case 'r':
        return '\r';
    case 'e':
        return 0x1b;
    case ' ':
    case '"':
    case '/':
    case '\\':
        return static_cast<unsigned char>(c);
    case 'N':
        return 0x85;
    case '_':
        return 0xa0;
    case 'L':
        return 0x2028;
    case 'P':
        return 0x2029;
    default:
        return 0xffff'ffff;
    }
}

std::size_t hexadecimal_digits(char c) {
    return c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
}

} // namespace

/// The hexadecimal digits after "\x", "\u" or "\U".
std::uint32_t yaml_scanner::code_point(std::size_t digits) {
    std::string_view const text = text_.substr(std::min(here_.position + 2, text_.size()), digits);
    std::uint32_t value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (failure != std::errc{} || end != text.data() + digits) {
        fail(digits == 2   ? "two hexadecimal digits must follow \\x"
             : digits == 4 ? "four hexadecimal digits must follow \\u"
                           : "eight hexadecimal digits must follow \\U");
    }
    if (value > 0x10'ffff) {
        fail("an escape is beyond U+10FFFF, the last character");
    }
    return value;
}

void yaml_scanner::unescape(int indent) {
    if (peek(1) == '\n') {
        advance(1);
        buffer_.append(break_lines(indent) - 1, '\n');
        return;
    }
    std::size_t const digits = hexadecimal_digits(peek(1));
    std::uint32_t c = digits == 0 ? escaped(peek(1)) : code_point(digits);
    if (digits == 0 && c == 0xffff'ffff) {
        fail("unknown escape; write \\\\ for a backslash");
    }
    if (is_high_surrogate(c) && peek(6) == '\\' && peek(7) == 'u' && digits == 4) {
        advance(6);
        std::uint32_t const low = code_point(4);
        if (is_low_surrogate(low)) {
            c = 0x1'0000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    if (is_high_surrogate(c) || is_low_surrogate(c)) {
        fail("an escape is half of a surrogate pair");
    }
    append_code_point(buffer_, c);
    advance(2 + digits);
}

yaml_scanner::block_header yaml_scanner::read_block_header() {
    block_header header{.folded = peek() == '>'};
    advance(1);
    for (char c = peek(); c == '+' || c == '-' || (c >= '1' && c <= '9'); c = peek()) {
        bool const chomps = c == '+' || c == '-';
        if (chomps ? header.chomping != ' ' : header.indent != 0) {
            break;
        }
        if (chomps) {
            header.chomping = c;
        } else {
            header.indent = std::string_view{"0123456789"}.find(c);
        }
        advance(1);
    }
    expect_line_end();
    skip_line();
    return header;
}

/// The spaces before the first line of text, or before the longest line of spaces where there is
/// no text.
std::size_t yaml_scanner::find_block_indent(int parent) {
    cursor const before = here_;
    std::size_t longest = 0;
    std::size_t indent = parent < 0 ? 0 : static_cast<std::size_t>(parent) + 1;
    while (peek() == '\n') {
        next_line();
        std::size_t const spaces = leading_spaces(here_.position);
        advance(spaces);
        if (!at_end() && peek() != '\n') {
            if (spaces >= indent && spaces < longest) {
                fail("an empty line before a block's first text has more spaces than it");
            }
            indent = std::max(indent, spaces);
            break;
        }
        longest = std::max(longest, spaces);
    }
    here_ = before;
    return std::max(indent, longest);
}

yaml_text yaml_scanner::block(int parent) {
    yaml_text out{.line = here_.line};
    block_header const header = read_block_header();
    std::size_t const indent = header.indent == 0
                                   ? find_block_indent(parent)
                                   : header.indent + static_cast<std::size_t>(std::max(parent, 0));
    buffer_.clear();
    std::size_t breaks = 0; // since the last line with text
    bool text_before = false;
    bool indented_before = false;
    while (peek() == '\n') {
        next_line();
        std::size_t const spaces = leading_spaces(here_.position);
        char const first = peek(spaces);
        bool const last = here_.position + spaces == text_.size();
        if ((last || first == '\n') && spaces <= indent) {
            advance(spaces);
            breaks += last && spaces == 0 ? 0 : 1;
            continue;
        }
        if (first == '\t' && static_cast<int>(spaces) <= parent) {
            fail("a tab is used for indentation; use spaces");
        }
        if (spaces < indent || at_marker()) {
            break;
        }
        advance(indent);
        bool const indented = is_blank(peek());
        bool const folds = header.folded && text_before && !indented && !indented_before;
        buffer_.append(folds || !text_before ? breaks : breaks + 1, '\n');
        if (folds && breaks == 0) {
            buffer_ += ' ';
        }
        std::size_t const start = here_.position;
        skip_line();
        buffer_ += text_.substr(start, here_.position - start);
        breaks = 0;
        text_before = true;
        indented_before = indented;
    }
    // The end of the text ends a line, too.
    if (header.chomping != '-' && text_before) {
        buffer_ += '\n';
    }
    if (header.chomping == '+') {
        buffer_.append(breaks, '\n');
    }
    out.text = buffer_;
    return out;
}

} // namespace tasker::documents
