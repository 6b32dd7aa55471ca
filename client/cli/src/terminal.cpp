#include "terminal.hpp"

#include "text_width.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace tasker::cli {

namespace {

std::string_view variable(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// The first of the three that is set decides, as in setlocale.
bool locale_has_unicode() {
    for (auto const* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string locale{variable(name)};
        if (!locale.empty()) {
            std::transform(locale.begin(), locale.end(), locale.begin(), [](unsigned char letter) {
                return static_cast<char>(std::tolower(letter));
            });
            return locale.find("utf-8") != std::string::npos ||
                   locale.find("utf8") != std::string::npos;
        }
    }
    // Most containers set none of them, and their terminals show Unicode.
    return true;
}

std::string_view escape_of(tone colour) {
    constexpr std::array<std::string_view, 7> escapes{"",         "\x1b[1m",  "\x1b[2m", "\x1b[32m",
                                                      "\x1b[31m", "\x1b[36m", "\x1b[33m"};
    return escapes.at(static_cast<std::size_t>(colour));
}

} // namespace

terminal terminal::of(int descriptor) {
    terminal found;
    found.is_tty = ::isatty(descriptor) == 1;
    bool const is_dumb = variable("TERM") == "dumb";
    found.has_colour = found.is_tty && !is_dumb && variable("NO_COLOR").empty();
    found.has_unicode = !is_dumb && locale_has_unicode();
    winsize size{};
    if (found.is_tty && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 0) {
        found.columns = size.ws_col;
        found.rows = size.ws_row;
    }
    return found;
}

std::string paint(std::string_view text, tone colour, terminal const& out) {
    if (!out.has_colour || colour == tone::plain || text.empty()) {
        return std::string{text};
    }
    std::string painted{escape_of(colour)};
    painted += text;
    painted += "\x1b[0m";
    return painted;
}

std::string render(std::vector<segment> const& line, std::size_t columns, terminal const& out) {
    std::string text;
    for (auto const& piece : line) {
        auto const width = display_width(piece.text);
        if (width > columns) {
            return text + paint(clip(piece.text, columns, out.has_unicode), piece.colour, out);
        }
        text += paint(piece.text, piece.colour, out);
        columns -= width;
    }
    return text;
}

} // namespace tasker::cli
