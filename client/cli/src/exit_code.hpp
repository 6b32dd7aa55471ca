#pragma once

#include "tasker/client/failure.hpp"
#include "tasker/model/states.hpp"

namespace tasker::cli {

/// The exit codes that scripts rely on; docs/cli.md explains them.
enum class exit_code {
    ok = 0,
    failed = 1,  ///< a task failed or was cancelled; a check found something
    usage = 2,   ///< wrong command line, or a file that cannot be read
    refused = 3, ///< the server answered 4xx
    timed_out = 4,
    unreachable = 5, ///< no server, or it answered 5xx
};

exit_code exit_code_of(client::failure const& failed) noexcept;

/// The exit code of a command that waited for a task. REQUIRES: is_finished(state).
exit_code exit_code_of(model::task_state state) noexcept;

} // namespace tasker::cli
