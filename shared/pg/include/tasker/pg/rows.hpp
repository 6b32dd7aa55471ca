#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct pg_result; // libpq's PGresult

namespace tasker::pg {

/// The rows of one call, in binary format. Rows and columns count from 0.
///
/// A getter reads exactly the type in its name: a column of another width, an index out of range,
/// or an unexpected null is a bug and asserts. `text` reads text, varchar, json and enums.
///
/// Lifetime: a string_view is valid as long as this object, or one it was moved to, lives.
class rows {
public:
    rows() noexcept = default;

    /// Takes ownership of `result`, which may be null: no rows and no columns.
    explicit rows(pg_result* result) noexcept : result_{result} {}

    std::size_t size() const noexcept;
    std::size_t columns() const noexcept;

    bool empty() const noexcept {
        return size() == 0;
    }

    bool is_null(std::size_t row, std::size_t column) const;
    bool boolean(std::size_t row, std::size_t column) const;
    std::int16_t int2(std::size_t row, std::size_t column) const;
    std::int32_t int4(std::size_t row, std::size_t column) const;
    std::int64_t int8(std::size_t row, std::size_t column) const;
    std::string_view text(std::size_t row, std::size_t column) const;
    task_id uuid(std::size_t row, std::size_t column) const;
    timestamp timestamptz(std::size_t row, std::size_t column) const;

    /// Any getter, for a column that may be null:
    /// `r.optional(&rows::int4, row, column)`.
    template <class Value>
    std::optional<Value> optional(Value (rows::*get)(std::size_t, std::size_t) const,
                                  std::size_t row, std::size_t column) const {
        return is_null(row, column) ? std::optional<Value>{} : (this->*get)(row, column);
    }

private:
    struct clear {
        void operator()(pg_result* result) const noexcept;
    };

    std::string_view bytes(std::size_t row, std::size_t column) const;

    std::unique_ptr<pg_result, clear> result_;
};

} // namespace tasker::pg
