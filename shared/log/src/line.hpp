#pragma once

#include "tasker/log/log.hpp"

#include <string>
#include <string_view>

namespace tasker::log {

/// The most bytes of one value that a line shows.
inline constexpr std::size_t value_size_limit = 4096;

/// What a line is made of.
struct record {
    timestamp time;
    level severity;
    std::string_view service;
    std::string_view event;
    fields details;
};

/// The line without its end. Whatever the values contain, it is one line, and valid UTF-8 JSON
/// where that is the format.
std::string to_line(record const& entry, format output);

} // namespace tasker::log
