#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::cli {

/// The abilities of a stream's terminal.
struct terminal {
    bool is_tty = false;
    bool has_colour = false;
    bool has_unicode = true;
    std::size_t columns = 80;
    std::size_t rows = 24;

    /// Colours on a terminal only, and not if NO_COLOR is set (https://no-color.org) or TERM is
    /// "dumb"; Unicode unless the locale names another charset or none.
    static terminal of(int descriptor);
};

enum class tone { plain, strong, dim, good, bad, busy, waiting };

/// A piece of text in one tone.
struct segment {
    std::string text;
    tone colour = tone::plain;
};

/// The text with the escape sequences of its tone; unchanged without colours.
std::string paint(std::string_view text, tone colour, terminal const& out);

/// One line of at most `columns` cells, without a line break. The rest is cut off.
std::string render(std::vector<segment> const& line, std::size_t columns, terminal const& out);

} // namespace tasker::cli
