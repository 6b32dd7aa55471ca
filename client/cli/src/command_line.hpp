#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include "tasker/client/client.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tasker::cli {

/// The tree of commands, and the options that the command line chose.
///
/// Lifetime: the commands' callbacks refer to this object, so it must not move.
class command_line {
public:
    command_line();
    command_line(command_line const&) = delete;
    command_line& operator=(command_line const&) = delete;

    CLI::App& root() noexcept;

    /// A command that only groups others.
    CLI::App& add_group(std::string name, std::string about);

    /// A command with --json; its help ends with the example. `action` runs after the parsing.
    CLI::App& add_command(CLI::App& parent, std::string name, std::string about,
                          std::string_view example, std::function<exit_code()> action);

    /// The same for a command that calls the server: adds --url.
    CLI::App& add_api_command(CLI::App& parent, std::string name, std::string about,
                              std::string_view example, std::function<exit_code()> action);

    bool wants_json() const noexcept;
    std::string const& url() const noexcept;
    client::client connect() const;
    terminal const& out() const noexcept;

    /// Parses the command line and runs the chosen command.
    int run(int argc, char const* const* argv);

private:
    int report_problem(CLI::ParseError const& problem, int argc, char const* const* argv);

    CLI::App root_;
    bool wants_json_ = false;
    std::string url_;
    terminal out_;
    std::function<exit_code()> action_;
};

/// Each adds the commands of one kind; the whole tree is `add_all_commands`.
void add_task_commands(command_line& line);
void add_task_create(command_line& line, CLI::App& group);
void add_task_items(command_line& line, CLI::App& group);
void add_task_rerun(command_line& line, CLI::App& group);
void add_task_signal(command_line& line, CLI::App& group);
void add_task_erase(command_line& line, CLI::App& group);
void add_task_pause(command_line& line, CLI::App& group);
void add_task_changes(command_line& line, CLI::App& group);
void add_signal_commands(command_line& line);
void add_queue_commands(command_line& line);
void add_template_commands(command_line& line);
void add_database_commands(command_line& line);
void add_prune_command(command_line& line);
void add_worker_commands(command_line& line);
void add_doctor_command(command_line& line);
void add_dead_letter_commands(command_line& line);
void add_service_commands(command_line& line);
void add_dev_command(command_line& line);
void add_all_commands(command_line& line);

} // namespace tasker::cli
