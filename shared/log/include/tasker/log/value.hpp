#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tasker::log {

/// The value of a key of a log line: a number, a boolean or text. Ids, times and errors become text
/// only if the line is written.
/// Lifetime: borrows its text or error.
class value {
public:
    using content_type = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view,
                                      task_id, timestamp, tasker::error const*>;

    template <std::same_as<bool> Bool>
    value(Bool truth) : content_{truth} {}

    template <std::signed_integral Number>
    value(Number number) : content_{static_cast<std::int64_t>(number)} {}

    template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>) value(Number number)
        : content_{static_cast<std::uint64_t>(number)} {}

    template <std::floating_point Number>
    value(Number number) : content_{static_cast<double>(number)} {}

    value(std::string_view text) : content_{text} {}

    value(std::string const& text) : content_{std::string_view{text}} {}

    value(char const* text) : content_{std::string_view{text}} {}

    value(task_id const& id) : content_{id} {}

    template <class Tag, class Rep>
    value(strong_id<Tag, Rep> id) : value{id.value} {}

    value(timestamp moment) : content_{moment} {}

    value(tasker::error const& failure) : content_{&failure} {}

    content_type const& content() const noexcept {
        return content_;
    }

private:
    content_type content_;
};

} // namespace tasker::log
