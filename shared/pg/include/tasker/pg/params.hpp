#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string_view>
#include <vector>

namespace tasker::pg {

/// The parameters of one call, in the order $1, $2, …. Adding one encodes it in PostgreSQL's binary
/// format.
///
/// Every scalar takes an optional: `std::nullopt` is a null of the same type. Arrays come from any
/// sized range and a projection, so that a vector of structs becomes parallel arrays without
/// copies:
///
///     p.add_uuid_array(batch, &finished::task)
///         .add_int4_array(batch, [](finished const& each) { return each.step.value; });
///
/// The elements of an array may also be optional. One buffer holds everything; there is no
/// allocation per parameter.
///
/// Lifetime: owns a copy of all values.
/// Limits: at most `max_count` parameters (asserted) and 1 GiB in total (`connection::run` returns
/// `too_large`).
class params {
public:
    static constexpr std::size_t max_count = 24;

    params& add_bool(std::optional<bool> value);
    params& add_int2(std::optional<std::int16_t> value);
    params& add_int4(std::optional<std::int32_t> value);
    params& add_int8(std::optional<std::int64_t> value);
    params& add_text(std::optional<std::string_view> value);
    /// JSON text; the server checks it.
    params& add_json(std::optional<std::string_view> value);
    params& add_uuid(std::optional<task_id> const& value);
    params& add_timestamptz(std::optional<timestamp> value);

    template <std::ranges::sized_range Range, class Projection = std::identity>
    params& add_int2_array(Range const& range, Projection project = {}) {
        return add_array<std::int16_t>(oid::int2_array, oid::int2, range, project);
    }

    template <std::ranges::sized_range Range, class Projection = std::identity>
    params& add_int4_array(Range const& range, Projection project = {}) {
        return add_array<std::int32_t>(oid::int4_array, oid::int4, range, project);
    }

    template <std::ranges::sized_range Range, class Projection = std::identity>
    params& add_int8_array(Range const& range, Projection project = {}) {
        return add_array<std::int64_t>(oid::int8_array, oid::int8, range, project);
    }

    template <std::ranges::sized_range Range, class Projection = std::identity>
    params& add_uuid_array(Range const& range, Projection project = {}) {
        return add_array<task_id const&>(oid::uuid_array, oid::uuid, range, project);
    }

    template <std::ranges::sized_range Range, class Projection = std::identity>
    params& add_text_array(Range const& range, Projection project = {}) {
        return add_array<std::string_view>(oid::text_array, oid::text, range, project);
    }

    std::size_t count() const noexcept {
        return count_;
    }

    std::size_t bytes() const noexcept {
        return buffer_.size();
    }

    std::uint32_t type(std::size_t index) const;

    /// The encoded value; empty for a null. Valid until the next add.
    std::optional<std::string_view> value(std::size_t index) const;

    /// Type numbers in pg_type, the same in every version of PostgreSQL.
    struct oid {
        static constexpr std::uint32_t boolean = 16;
        static constexpr std::uint32_t int8 = 20;
        static constexpr std::uint32_t int2 = 21;
        static constexpr std::uint32_t int4 = 23;
        static constexpr std::uint32_t text = 25;
        static constexpr std::uint32_t json = 114;
        static constexpr std::uint32_t int2_array = 1005;
        static constexpr std::uint32_t int4_array = 1007;
        static constexpr std::uint32_t text_array = 1009;
        static constexpr std::uint32_t int8_array = 1016;
        static constexpr std::uint32_t timestamptz = 1184;
        static constexpr std::uint32_t uuid = 2950;
        static constexpr std::uint32_t uuid_array = 2951;
    };

private:
    struct slot {
        std::uint32_t type = 0;
        std::int32_t length = 0; ///< -1: null
        std::size_t offset = 0;
    };

    void begin(std::uint32_t type);
    params& end();
    params& end_null();
    void begin_array(std::uint32_t type, std::uint32_t element, std::size_t size);
    void put_element(std::int16_t value);
    void put_element(std::int32_t value);
    void put_element(std::int64_t value);
    void put_element(task_id const& value);
    void put_element(std::string_view value);
    void put_null_element();

    template <class Element, class Range, class Projection>
    params& add_array(std::uint32_t type, std::uint32_t element_type, Range const& range,
                      Projection& project) {
        begin_array(type, element_type, std::ranges::size(range));
        for (auto const& item : range) {
            auto const& element = std::invoke(project, item);
            // Element{…}: one of a wider type is an error at compile time, not a cut.
            if constexpr (requires { element.has_value(); }) {
                if (element) {
                    put_element(Element{*element});
                } else {
                    put_null_element();
                }
            } else {
                put_element(Element{element});
            }
        }
        return end();
    }

    std::vector<char> buffer_;
    std::array<slot, max_count> slots_{};
    std::size_t count_ = 0;
};

} // namespace tasker::pg
