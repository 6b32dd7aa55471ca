#pragma once

#include "terminal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tasker::cli {

enum class align { left, right };

struct column {
    std::string title;
    align side = align::left;
};

/// A table with a head; each column is as wide as its widest cell.
class table {
public:
    explicit table(std::vector<column> columns);

    /// REQUIRES: as many cells as there are columns.
    void add_row(std::vector<segment> cells);

    /// Adds an indented line after the last row.
    /// REQUIRES: a row was added.
    void add_note(segment note);

    /// Lines that end with a line break, without trailing blanks. On a terminal the last column and
    /// the notes are cut to avoid wrapping.
    std::string to_text(terminal const& out) const;

private:
    std::vector<column> columns_;
    struct table_row {
        std::vector<segment> cells;
        std::vector<segment> notes;
    };
    std::vector<table_row> rows_;
};

/// Names and values in two columns, without a head; values of several lines are indented.
std::string to_text(std::vector<std::pair<std::string, segment>> const& properties,
                    terminal const& out);

} // namespace tasker::cli
