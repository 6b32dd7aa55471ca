#pragma once

#include "object_reader.hpp"

#include "tasker/wire/retry.hpp"

#include <array>

namespace tasker::wire {

inline constexpr std::array retry_rules{
    field_rule<retry_view>{"at", presence::required,
                           [](field_value const& v, retry_view& out) { out.at = v.moment(); }},
    field_rule<retry_view>{
        "by", presence::optional,
        [](field_value const& v, retry_view& out) { out.by = v.optional_text(); }},
    field_rule<retry_view>{
        "reason", presence::optional,
        [](field_value const& v, retry_view& out) { out.reason = v.optional_text(); }},
};

} // namespace tasker::wire
