#pragma once

#include "tasker/client/failure.hpp"
#include "tasker/model/states.hpp"

namespace tasker::cli {

/// What scripts may rely on; docs/cli.md explains each.
enum class exit_code {
    ok = 0,
    not_well = 1, ///< a task ended blocked or cancelled; a check found something
    usage = 2,    ///< the command line, or a file that it names
    refused = 3,  ///< the server answered 4xx
    timed_out = 4,
    unreachable = 5, ///< no server, or it answered 5xx
};

exit_code exit_code_of(client::failure const& failed) noexcept;

/// Of a task that was waited for. REQUIRES: settled(state).
exit_code exit_code_of(model::task_state state) noexcept;

} // namespace tasker::cli
