#include "table.hpp"

#include "text_width.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace tasker::cli {

namespace {

constexpr std::size_t gap = 2;
/// The last column is not cut below this width: a wrapped line is more useful.
constexpr std::size_t least_width = 10;
constexpr std::string_view note_indent = "    ";

} // namespace

table::table(std::vector<column> columns) : columns_{std::move(columns)} {}

void table::add_row(std::vector<segment> cells) {
    TASKER_ASSERT(cells.size() == columns_.size());
    for (auto& cell : cells) {
        cell.text = one_line(cell.text);
    }
    rows_.push_back({std::move(cells), {}});
}

void table::add_note(segment note) {
    TASKER_ASSERT(!rows_.empty());
    note.text = one_line(note.text);
    rows_.back().notes.push_back(std::move(note));
}

std::string table::to_text(terminal const& out) const {
    std::vector<std::size_t> widths;
    std::size_t before_last = 0;
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        auto width = display_width(columns_[at].title);
        for (auto const& row : rows_) {
            width = std::max(width, display_width(row.cells[at].text));
        }
        widths.push_back(width);
        before_last += at + 1 < columns_.size() ? width + gap : 0;
    }
    if (out.is_tty && !widths.empty() && out.columns >= before_last + least_width) {
        widths.back() = std::min(widths.back(), out.columns - before_last);
    }

    std::string text;
    auto const add_line = [&](auto const& cell_at) {
        std::string line;
        std::size_t pending = 0;
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            segment const cell = cell_at(at);
            auto const shown = clip(cell.text, widths[at], out.has_unicode);
            auto const padding = widths[at] - display_width(shown);
            bool const is_right = columns_[at].side == align::right;
            if (!shown.empty()) {
                line.append(pending + (is_right ? padding : 0), ' ');
                line += paint(shown, cell.colour, out);
                pending = is_right ? 0 : padding;
            } else {
                pending += widths[at];
            }
            pending += gap;
        }
        text += line + '\n';
    };
    add_line([&](std::size_t at) { return segment{columns_[at].title, tone::dim}; });
    for (auto const& row : rows_) {
        add_line([&](std::size_t at) { return row.cells[at]; });
        for (auto const& note : row.notes) {
            auto const room = out.is_tty && out.columns > note_indent.size() + least_width
                                  ? out.columns - note_indent.size()
                                  : std::string::npos;
            text += std::string{note_indent} +
                    paint(clip(note.text, room, out.has_unicode), note.colour, out) + '\n';
        }
    }
    return text;
}

std::string to_text(std::vector<std::pair<std::string, segment>> const& properties,
                    terminal const& out) {
    std::size_t width = 0;
    for (auto const& [name, value] : properties) {
        width = std::max(width, display_width(name));
    }
    std::string text;
    for (auto const& [name, value] : properties) {
        text += paint(name, tone::dim, out);
        std::string indent(width - display_width(name) + gap, ' ');
        std::string_view rest = value.text;
        do {
            auto const end = std::min(rest.find('\n'), rest.size());
            text += indent + paint(rest.substr(0, end), value.colour, out) + '\n';
            rest.remove_prefix(std::min(end + 1, rest.size()));
            indent.assign(width + gap, ' ');
        } while (!rest.empty());
    }
    return text;
}

} // namespace tasker::cli
