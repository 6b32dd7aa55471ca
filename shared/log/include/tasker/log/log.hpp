#pragma once

#include "tasker/log/value.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>

namespace tasker::log {

enum class level {
    debug, ///< details for developers
    info,  ///< a state changed
    warn,  ///< will be retried
    error, ///< a person must look
};

enum class format {
    console, ///< time level service event key=value …
    json,    ///< one object a line: time, level, service, event, then the fields
};

/// "debug", "info", "warn", "error"; none for any other text.
std::optional<level> parse_level(std::string_view text);

/// "console", "json"; none for any other text.
std::optional<format> parse_format(std::string_view text);

struct settings {
    level threshold = level::info; ///< events below it are dropped, at the cost of a comparison
    format output = format::console;
};

/// Sets the format of all later events; `service` is the program's name. Default: console, info,
/// service "tasker".
/// Threads: call it before other threads log.
void init(settings const& options, std::string_view service);

/// A key and its value. Lives for one call: it may borrow its text.
struct field {
    std::string_view key;
    value content;
};

using fields = std::initializer_list<field>;

/// Whether events of this level are written; for fields that are costly to compute.
bool enabled(level severity) noexcept;

/// Write one line to stderr: the event's stable name and its fields. A value longer than 4 KiB is
/// cut. Threads: any. Errors: none; what cannot be written is lost.
void write(level severity, std::string_view event, fields details = {});

inline void debug(std::string_view event, fields details = {}) {
    write(level::debug, event, details);
}

inline void info(std::string_view event, fields details = {}) {
    write(level::info, event, details);
}

inline void warn(std::string_view event, fields details = {}) {
    write(level::warn, event, details);
}

inline void error(std::string_view event, fields details = {}) {
    write(level::error, event, details);
}

} // namespace tasker::log
