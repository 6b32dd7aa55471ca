#pragma once

#include "tasker/pg/rows.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>

namespace tasker::queue {

inline std::string text(pg::rows const& from, std::size_t row, std::size_t column) {
    return std::string{from.text(row, column)};
}

inline std::optional<std::string> optional_text(pg::rows const& from, std::size_t row,
                                                std::size_t column) {
    return from.is_null(row, column) ? std::nullopt : std::optional{text(from, row, column)};
}

/// Of a column with JSON numbers.
inline std::optional<double> optional_number(pg::rows const& from, std::size_t row,
                                             std::size_t column) {
    if (from.is_null(row, column)) {
        return std::nullopt;
    }
    auto const digits = from.text(row, column);
    double number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

} // namespace tasker::queue
