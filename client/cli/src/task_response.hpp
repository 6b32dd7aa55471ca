#pragma once

#include "command_line.hpp"
#include "exit_code.hpp"

#include "tasker/base/ids.hpp"
#include "tasker/client/client.hpp"

#include <chrono>
#include <string>

namespace tasker::cli {

/// Adds --field, which prints only a part of the task.
void add_field(CLI::App& command, std::string& field);

/// Shows a task in the format of the command line. `task` comes from the last response.
exit_code show_task(command_line const& line, client::client& api, wire::task_view const& task,
                    std::string const& field);

/// Waits, shows the task, and returns the exit code for its state.
exit_code wait_and_show(command_line const& line, client::client& api, task_id id,
                        std::chrono::milliseconds limit, std::string const& field);

} // namespace tasker::cli
