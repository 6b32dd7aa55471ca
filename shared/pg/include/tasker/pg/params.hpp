#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

namespace tasker::pg {

/// The parameters of one call, encoded in PostgreSQL's binary format as they are added, in the order $1, $2, …
///
/// Every scalar takes an optional: `std::nullopt` is a null of the same type. Arrays are made from any sized
/// range and a projection, so that a vector of structs becomes parallel arrays without copies:
///
///     p.add_uuid_array(batch, &finished_step::task).add_int4_array(batch, [](auto& s) { return s.step.value; });
///
/// Elements of a text array may be optional. One buffer holds everything; nothing is allocated per parameter.
///
/// Lifetime: owns a copy of all values. A moved-from object is empty.
/// Limits: at most `max_count` parameters (asserted) and 1 GiB in all (`connection::run` answers `too_large`).
class params {
 public:
  static constexpr std::size_t max_count = 24;

  params& add_bool(std::optional<bool> value);
  params& add_int2(std::optional<std::int16_t> value);
  params& add_int4(std::optional<std::int32_t> value);
  params& add_int8(std::optional<std::int64_t> value);
  params& add_text(std::optional<std::string_view> value);
  /// `value` is JSON text; the server checks it.
  params& add_json(std::optional<std::string_view> value);
  params& add_uuid(std::optional<task_id> value);
  params& add_timestamptz(std::optional<timestamp> value);

  template <std::ranges::sized_range Range, class Projection = std::identity>
  params& add_int2_array(Range const& range, Projection project = {}) {
    return add_array(oid::int2_array, oid::int2, range, project,
                     [this](std::int16_t value) { put_sized(value); });
  }
  template <std::ranges::sized_range Range, class Projection = std::identity>
  params& add_int4_array(Range const& range, Projection project = {}) {
    return add_array(oid::int4_array, oid::int4, range, project,
                     [this](std::int32_t value) { put_sized(value); });
  }
  template <std::ranges::sized_range Range, class Projection = std::identity>
  params& add_int8_array(Range const& range, Projection project = {}) {
    return add_array(oid::int8_array, oid::int8, range, project,
                     [this](std::int64_t value) { put_sized(value); });
  }
  /// Elements: task_id.
  template <std::ranges::sized_range Range, class Projection = std::identity>
  params& add_uuid_array(Range const& range, Projection project = {}) {
    return add_array(oid::uuid_array, oid::uuid, range, project,
                     [this](task_id const& value) { put_sized(value); });
  }
  /// Elements: anything that is or optionally holds a string_view, alive until this call returns.
  template <std::ranges::sized_range Range, class Projection = std::identity>
  params& add_text_array(Range const& range, Projection project = {}) {
    return add_array(oid::text_array, oid::text, range, project,
                     [this](std::optional<std::string_view> value) { put_sized(value); });
  }

  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return buffer_.size(); }
  std::uint32_t type(std::size_t index) const;
  /// The value as sent; nullopt for a null. Valid until the next add.
  std::optional<std::string_view> value(std::size_t index) const;

  /// Types by their number in pg_type; fixed for all versions of PostgreSQL.
  struct oid {
    static constexpr std::uint32_t boolean = 16, int8 = 20, int2 = 21, int4 = 23, text = 25, json = 114,
                                   timestamptz = 1184, uuid = 2950, int2_array = 1005, int4_array = 1007,
                                   text_array = 1009, int8_array = 1016, uuid_array = 2951;
  };

 private:
  struct slot {
    std::uint32_t type = 0;
    std::int32_t length = -1;  ///< -1: null
    std::size_t offset = 0;
  };

  void begin(std::uint32_t type);
  void end();
  void put(std::int16_t value);
  void put(std::int32_t value);
  void put(std::int64_t value);
  void put(std::string_view bytes);
  void put(task_id const& value);
  // An array's element: its length, then its bytes.
  void put_sized(std::int16_t value);
  void put_sized(std::int32_t value);
  void put_sized(std::int64_t value);
  void put_sized(task_id const& value);
  void put_sized(std::optional<std::string_view> value);
  void begin_array(std::uint32_t type, std::uint32_t element, std::size_t size);
  void add_null(std::uint32_t type);

  template <class Range, class Projection, class Put>
  params& add_array(std::uint32_t type, std::uint32_t element, Range const& range,
                    Projection& project, Put put_element) {
    begin_array(type, element, std::ranges::size(range));
    for (auto const& item : range) put_element(std::invoke(project, item));
    end();
    return *this;
  }

  std::vector<char> buffer_;
  std::array<slot, max_count> slots_{};
  std::size_t count_ = 0;
};

}  // namespace tasker::pg
