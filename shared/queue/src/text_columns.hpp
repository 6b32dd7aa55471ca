#pragma once

#include "tasker/pg/rows.hpp"

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

} // namespace tasker::queue
