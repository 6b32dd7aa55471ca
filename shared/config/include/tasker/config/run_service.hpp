#pragma once

#include "tasker/config/config_problem.hpp"

#include "tasker/log/log.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

namespace tasker::config {

/// The exit code for a wrong command line and for wrong settings.
inline constexpr int usage_error = 2;

/// The rest of a service's main() once its settings are loaded: prints their problems to stderr, or
/// starts the log and calls `run` with them. Returns the exit code: that of `run`, usage_error, or
/// EXIT_FAILURE if `run` throws.
template <class Settings, class Run>
int run_service(std::string_view program, loaded<Settings> const& settings, Run const& run) {
    for (auto const& problem : settings.problems) {
        std::cerr << program << ": " << to_string(problem) << '\n';
    }
    if (!settings.problems.empty()) {
        return usage_error;
    }
    log::init(settings.values.log, program);
    try {
        return run(settings.values);
    } catch (std::exception const& failure) {
        log::error("failed", {{"error", failure.what()}});
        return EXIT_FAILURE;
    }
}

} // namespace tasker::config
