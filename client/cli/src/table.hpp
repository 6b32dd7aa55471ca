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

/// Rows under a head, every column as wide as its widest cell.
class table {
public:
    explicit table(std::vector<column> columns);

    /// REQUIRES: as many cells as there are columns.
    void add_row(std::vector<segment> cells);

    /// Lines that end with a line break, without trailing blanks. On a terminal the last column is
    /// cut where it would wrap.
    std::string to_text(terminal const& out) const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<segment>> rows_;
};

/// Names and values in two columns, without a head; values of several lines are indented.
std::string to_text(std::vector<std::pair<std::string, segment>> const& properties,
                    terminal const& out);

} // namespace tasker::cli
