#include "tasker/log/log.hpp"

#include "line.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace tasker::log {

namespace {

spdlog::level::level_enum to_spdlog(level severity) {
    switch (severity) {
    case level::debug:
        return spdlog::level::debug;
    case level::info:
        return spdlog::level::info;
    case level::warn:
        return spdlog::level::warn;
    case level::error:
        return spdlog::level::err;
    }
    return spdlog::level::off;
}

/// The log of the program: spdlog filters, locks and writes; the line is made here.
struct program_log {
    settings options;
    std::string service = "tasker";
    spdlog::logger lines{"tasker", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

    program_log() {
        lines.set_pattern("%v");
        lines.set_level(to_spdlog(options.threshold));
    }
};

program_log& instance() {
    static program_log log;
    return log;
}

} // namespace

std::optional<level> parse_level(std::string_view text) {
    for (auto const& [name, severity] : {std::pair{"debug", level::debug},
                                         {"info", level::info},
                                         {"warn", level::warn},
                                         {"error", level::error}}) {
        if (text == name) {
            return severity;
        }
    }
    return std::nullopt;
}

std::optional<format> parse_format(std::string_view text) {
    if (text == "console") {
        return format::console;
    }
    if (text == "json") {
        return format::json;
    }
    return std::nullopt;
}

void init(settings const& options, std::string_view service) {
    auto& log = instance();
    log.options = options;
    log.service = service;
    log.lines.set_level(to_spdlog(options.threshold));
}

bool enabled(level severity) noexcept {
    return instance().lines.should_log(to_spdlog(severity));
}

void write(level severity, std::string_view event, fields details) {
    if (!enabled(severity)) {
        return;
    }
    auto& log = instance();
    auto const now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    log.lines.log(to_spdlog(severity),
                  to_line({now, severity, log.service, event, details}, log.options.output));
}

} // namespace tasker::log
