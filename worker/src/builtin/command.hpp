#pragma once

#include "tasker/process/child_process.hpp"

#include "tasker/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace tasker::worker {

/// A process to run, in its own process group.
struct command {
    std::vector<std::string> argv;        ///< the first is looked up in PATH
    std::vector<std::string> environment; ///< "NAME=value": its complete environment
    std::string folder;                   ///< working directory; empty: the worker's
    std::string input;                    ///< its stdin
    std::size_t max_output_bytes = 1U << 20U;
    std::chrono::milliseconds kill_after{2'000}; ///< from SIGTERM to SIGKILL
};

struct command_outcome {
    process::exit_status status;
    std::string output;         ///< stdout, at most max_output_bytes
    std::string last_of_errors; ///< the last 4 KiB of stderr
    bool has_too_much_output;   ///< it was stopped because of that
    bool was_stopped;           ///< because the token requested it
};

/// Runs it to its end. If a stop is requested or the output is too long, the whole group gets
/// SIGTERM, and SIGKILL after `kill_after`. Once the process has ended, the rest of its group is
/// killed. A process that leaves the group (setsid) is not killed. The process itself also ends if
/// this one is killed. Threads: any. Blocks. Errors: as process::child_process, if it cannot be
/// started.
result<command_outcome> run_command(command const& command, std::stop_token const& stop);

/// Sends SIGKILL to the groups of all commands of this process that were asked to stop, without
/// waiting for `kill_after`, because the worker ends earlier.
/// Threads: any.
void kill_stopped_commands();

} // namespace tasker::worker
