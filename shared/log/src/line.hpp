#pragma once

#include "tasker/log/log.hpp"

#include <string>
#include <string_view>

namespace tasker::log {

/// The most bytes of one value that a line shows.
inline constexpr std::size_t value_size_limit = 4096;

/// The parts of a line.
struct record {
    timestamp time;
    level severity;
    std::string_view service;
    std::string_view event;
    fields details;
};

/// The line without its end. With any values it is one line, and in the JSON format valid UTF-8
/// JSON.
std::string to_line(record const& entry, format output);

} // namespace tasker::log
