#include "tasker/measure/machine.hpp"

#include "tasker/measure/processes.hpp"

#include "tasker/base/time.hpp"
#include "tasker/base/version.hpp"
#include "tasker/process/child_process.hpp"

#include <libpq-fe.h>

#include <sys/utsname.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tasker::measure {

namespace {

/// The value after `key` and the separator in the first line that begins so.
std::string value_in(std::filesystem::path const& path, std::string_view key, char separator) {
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);) {
        auto const at = line.find(separator);
        if (line.starts_with(key) && at != std::string::npos) {
            auto const from = line.find_first_not_of(" \t\"", at + 1);
            auto const to = line.find_last_not_of(" \t\"");
            return from == std::string::npos ? std::string{} : line.substr(from, to - from + 1);
        }
    }
    return "unknown";
}

std::string build() {
#ifdef __OPTIMIZE__
    return "optimised";
#else
    return "not optimised: not for comparison";
#endif
}

std::string first_fields(std::filesystem::path const& path, int count) {
    std::ifstream file{path};
    std::string out;
    for (std::string field; count > 0 && file >> field; --count) {
        out += (out.empty() ? "" : " ") + field;
    }
    return out;
}

std::string first_line_of(std::vector<std::string> command) {
    auto const done = process::run_program({.argv = std::move(command)},
                                           steady_clock::now() + std::chrono::seconds{10});
    if (!done || !done->status.is_success()) {
        return "unknown";
    }
    return done->out.substr(0, done->out.find('\n'));
}

std::string libpq_version() {
    int const number = PQlibVersion();
    return std::to_string(number / 10'000) + '.' + std::to_string(number % 10'000);
}

} // namespace

std::string current_commit() {
    if (char const* const told = std::getenv("TASKER_BENCH_COMMIT")) {
        return told;
    }
    return first_line_of({"git", "-C", program_folder().string(), "describe", "--always", "--dirty",
                          "--abbrev=12", "--exclude=*"});
}

facts describe_machine() {
    utsname system{};
    ::uname(&system);
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return {
        {"date", to_rfc3339(now)},
        {"commit", current_commit() + " (" + std::string{version()} + ", " + build() + ")"},
        {"branch",
         first_line_of({"git", "-C", program_folder().string(), "branch", "--show-current"})},
        {"compiler", TASKER_COMPILER},
        {"libraries",
         "libpq " + libpq_version() + ", " + first_line_of({"/usr/bin/python3", "--version"})},
        {"system", value_in("/etc/os-release", "PRETTY_NAME", '=') + ", Linux " + system.release},
        {"processor", value_in("/proc/cpuinfo", "model name", ':') + ", " +
                          std::to_string(std::thread::hardware_concurrency()) + " cores"},
        {"memory", value_in("/proc/meminfo", "MemTotal", ':')},
        {"load average at start", first_fields("/proc/loadavg", 3)},
    };
}

} // namespace tasker::measure
