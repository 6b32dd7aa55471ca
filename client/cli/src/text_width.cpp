#include "text_width.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace tasker::cli {

namespace {

struct character {
    std::string_view text;
    std::size_t cells = 1;
    bool is_control = false;
};

/// A byte that is not UTF-8 is a character.
character first_of(std::string_view text) {
    utf8proc_int32_t code = 0;
    auto const bytes = utf8proc_iterate(reinterpret_cast<utf8proc_uint8_t const*>(text.data()),
                                        static_cast<utf8proc_ssize_t>(text.size()), &code);
    if (bytes <= 0) {
        return {.text = text.substr(0, 1)};
    }
    return {.text = text.substr(0, static_cast<std::size_t>(bytes)),
            .cells = static_cast<std::size_t>(std::max(utf8proc_charwidth(code), 0)),
            .is_control = utf8proc_category(code) == UTF8PROC_CATEGORY_CC};
}

/// Control characters replaced by blanks, except for `kept`.
std::string without_controls(std::string_view text, std::string_view kept) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const next = first_of(text);
        out += next.is_control && next.text != kept ? " " : next.text;
        text.remove_prefix(next.text.size());
    }
    return out;
}

} // namespace

std::size_t display_width(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        auto const next = first_of(text);
        cells += next.cells;
        text.remove_prefix(next.text.size());
    }
    return cells;
}

std::string clip(std::string_view text, std::size_t columns, bool has_unicode) {
    if (display_width(text) <= columns) {
        return std::string{text};
    }
    if (columns == 0) {
        return {};
    }
    std::size_t cells = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        auto const next = first_of(text.substr(end));
        if (cells + next.cells + 1 > columns) {
            break;
        }
        cells += next.cells;
        end += next.text.size();
    }
    return std::string{text.substr(0, end)} + (has_unicode ? "…" : "~");
}

std::string one_line(std::string_view text) {
    return without_controls(text, {});
}

std::string printable(std::string_view text) {
    return without_controls(text, "\n");
}

} // namespace tasker::cli
