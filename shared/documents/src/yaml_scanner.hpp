#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tasker::documents {

/// The position of the next token.
struct yaml_place {
    int column = 0;        ///< from 0; of a line that begins with tabs: the spaces before them
    bool new_line = false; ///< nothing but white space before it in its line
    bool tab = false;      ///< a tab in the white space before it
};

struct yaml_text {
    std::string_view text; ///< valid until the next scalar is read
    int line = 0;
    bool plain = false;
    bool multi_line = false;
};

/// Reads the characters of one YAML text: white space, comments, names and scalars. Chapters 5 to 8
/// of YAML 1.2.2 have the rules. Every failure throws unreadable_document with line and column.
class yaml_scanner {
public:
    /// `text`: UTF-8 whose line ends are \n; it must outlive the scanner.
    explicit yaml_scanner(std::string_view text) : text_{text} {}

    int line() const noexcept {
        return here_.line;
    }

    bool at_end() const noexcept {
        return here_.position == text_.size();
    }

    /// '\0' behind the end.
    char peek(std::size_t ahead = 0) const noexcept {
        return here_.position + ahead < text_.size() ? text_[here_.position + ahead] : '\0';
    }

    /// Whether white space, a line end or the end follows `ahead` characters.
    bool blank_after(std::size_t ahead) const noexcept;

    /// The same, or one of ",[]{}".
    bool flow_blank_after(std::size_t ahead) const noexcept;

    bool at_indicator(char c) const noexcept {
        return peek() == c && blank_after(1);
    }

    /// "---" or "..." at the beginning of a line.
    bool at_marker() const noexcept;

    /// '%' at the beginning of a line.
    bool at_directive() const noexcept {
        return peek() == '%' && here_.position == here_.line_start;
    }

    /// REQUIRES: no line end among them.
    void advance(std::size_t characters) noexcept {
        here_.position += characters;
    }

    /// To the next token: over white space, comments and line ends.
    yaml_place skip_gap() noexcept;

    void skip_blanks() noexcept;
    void skip_line() noexcept;

    /// Fails unless only white space and a comment are left in the line.
    void expect_line_end();

    /// The characters up to white space; in a flow collection also up to one of ",[]{}".
    std::string_view word(bool flow);
    std::string_view tag(bool flow);

    /// Lines that continue a scalar have at least `indent` spaces before them.
    yaml_text plain(int indent, bool flow);
    yaml_text quoted(int indent);

    /// After | or >. `parent`: the column of the collection it is in; -1: none.
    yaml_text block(int parent);

    [[noreturn]] void fail(std::string_view problem) const;

private:
    struct block_header {
        bool folded = false;
        char chomping = ' ';    // '-' strips the last line ends, '+' keeps them
        std::size_t indent = 0; // 0: that of the first line
    };

    struct cursor {
        std::size_t position = 0;
        std::size_t line_start = 0;
        int line = 1;
    };

    void next_line() noexcept;
    std::size_t leading_spaces(std::size_t at) const noexcept;
    std::string_view plain_line(bool flow) noexcept;
    std::size_t continue_plain(int indent, bool flow) noexcept;
    void append_breaks(std::size_t breaks);
    bool plain_ends(bool flow) const noexcept;
    void check_plain_start(bool flow) const;
    std::size_t break_lines(int indent);
    void unescape(int indent);
    std::uint32_t code_point(std::size_t digits);
    block_header read_block_header();
    std::size_t find_block_indent(int parent);

    std::string_view text_;
    cursor here_;
    std::size_t place_position_ = std::string_view::npos; // where place_ was found
    yaml_place place_;
    std::string buffer_;
};

} // namespace tasker::documents
