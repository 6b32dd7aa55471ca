#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

struct pg_result;  // libpq's PGresult

namespace tasker::pg {

/// What one call returned, in binary format. Rows and columns count from 0.
///
/// A getter reads exactly the type it is named after: a column of another width, an index out of range, or a null
/// where none is expected is a broken program and asserts. `text` serves text, varchar, json and enums.
///
/// Lifetime: a string_view is valid as long as this object or one it was moved to lives.
class rows {
 public:
  rows() noexcept = default;
  /// Takes over `result`, which may be null.
  explicit rows(pg_result* result) noexcept : result_(result) {}

  std::size_t size() const noexcept;
  std::size_t columns() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  bool is_null(std::size_t row, std::size_t column) const;
  bool boolean(std::size_t row, std::size_t column) const;
  std::int16_t int2(std::size_t row, std::size_t column) const;
  std::int32_t int4(std::size_t row, std::size_t column) const;
  std::int64_t int8(std::size_t row, std::size_t column) const;
  std::string_view text(std::size_t row, std::size_t column) const;
  task_id uuid(std::size_t row, std::size_t column) const;
  timestamp timestamptz(std::size_t row, std::size_t column) const;

  std::optional<bool> optional_boolean(std::size_t row, std::size_t column) const;
  std::optional<std::int32_t> optional_int4(std::size_t row, std::size_t column) const;
  std::optional<std::int64_t> optional_int8(std::size_t row, std::size_t column) const;
  std::optional<std::string_view> optional_text(std::size_t row, std::size_t column) const;
  std::optional<task_id> optional_uuid(std::size_t row, std::size_t column) const;
  std::optional<timestamp> optional_timestamptz(std::size_t row, std::size_t column) const;

 private:
  struct clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::string_view bytes(std::size_t row, std::size_t column) const;

  std::unique_ptr<pg_result, clear> result_;
};

}  // namespace tasker::pg
