#pragma once

#include "command_line.hpp"
#include "exit_code.hpp"

#include "tasker/base/ids.hpp"
#include "tasker/client/client.hpp"

#include <chrono>
#include <string>

namespace tasker::cli {

/// Adds --field, which picks a part of the task that a command shows.
void add_field(CLI::App& command, std::string& field);

/// Shows a task as the command line asks. `task` is what the last answer held.
exit_code show_task(command_line const& line, client::client& api, wire::task_view const& task,
                    std::string const& field);

/// Waits, shows the task as it then is, and returns what scripts want to know of it.
exit_code wait_and_show(command_line const& line, client::client& api, task_id id,
                        std::chrono::milliseconds limit, std::string const& field);

} // namespace tasker::cli
