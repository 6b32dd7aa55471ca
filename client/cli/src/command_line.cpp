#include "command_line.hpp"

#include "unknown_word.hpp"

#include "tasker/base/version.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <utility>

namespace tasker::cli {

namespace {

constexpr char const* default_url = "http://127.0.0.1:8080";

std::string url_from_environment() {
    auto const* const value = std::getenv("TASKER_URL");
    return value != nullptr && *value != '\0' ? value : default_url;
}

/// Returns `code`, or another exit code if the output cannot be written.
int written(int code) {
    std::cout.flush();
    if (std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return code;
    }
    fmt::print(stderr, "tasker: cannot write to the standard output\n");
    return static_cast<int>(exit_code::unreachable);
}

} // namespace

command_line::command_line()
    : root_{"Run workflows on PostgreSQL.", "tasker"},
      url_{url_from_environment()},
      out_{terminal::of(STDOUT_FILENO)} {
    root_.require_subcommand(1);
    root_.set_version_flag("--version", std::string{version()}, "Print the version");
    root_.add_flag("--json", wants_json_, "Print the API's JSON unchanged");
    root_
        .add_option("--url", url_,
                    "The orchestrator (default: $TASKER_URL, or " + std::string{default_url} + ")")
        ->type_name("URL");
    root_.footer("Examples:\n"
                 "  tasker dev                                  everything on this machine\n"
                 "  tasker template register order.yaml\n"
                 "  tasker task create order --context '{\"id\":1}' --watch\n"
                 "\n"
                 "tasker COMMAND --help prints more. Exit codes: 0 success, 1 failure, 2 usage,\n"
                 "3 refused by the server, 4 timed out, 5 server failed or unreachable.");
}

CLI::App& command_line::root() noexcept {
    return root_;
}

CLI::App& command_line::add_group(std::string name, std::string about) {
    auto& group = *root_.add_subcommand(std::move(name), std::move(about));
    group.require_subcommand(1);
    return group;
}

CLI::App& command_line::add_command(CLI::App& parent, std::string name, std::string about,
                                    std::string_view example, std::function<exit_code()> action) {
    auto& added = *parent.add_subcommand(std::move(name), std::move(about));
    added.add_flag("--json", wants_json_, "Print JSON, for programs");
    added.footer("Example:\n  " + std::string{example});
    added.callback([this, action = std::move(action)] { action_ = action; });
    return added;
}

CLI::App& command_line::add_api_command(CLI::App& parent, std::string name, std::string about,
                                        std::string_view example,
                                        std::function<exit_code()> action) {
    auto& added =
        add_command(parent, std::move(name), std::move(about), example, std::move(action));
    added.get_option("--json")->description("Print the API's JSON unchanged");
    added
        .add_option("--url", url_,
                    "The orchestrator (default: $TASKER_URL, or " + std::string{default_url} + ")")
        ->type_name("URL");
    return added;
}

bool command_line::wants_json() const noexcept {
    return wants_json_;
}

std::string const& command_line::url() const noexcept {
    return url_;
}

client::client command_line::connect() const {
    return client::client{url_};
}

terminal const& command_line::out() const noexcept {
    return out_;
}

int command_line::run(int argc, char const* const* argv) {
    // Checked before CLI11 parses: it would report a missing argument instead.
    if (auto const unknown = find_unknown_word(root_, {argv + 1, argv + argc})) {
        fmt::print(stderr, "{}\n", to_string(*unknown));
        return static_cast<int>(exit_code::usage);
    }
    try {
        root_.parse(argc, argv);
    } catch (CLI::ParseError const& problem) {
        return report_problem(problem, argc, argv);
    }
    try {
        return written(static_cast<int>(action_()));
    } catch (std::exception const& failed) {
        fmt::print(stderr, "tasker: {}\n", failed.what());
        return static_cast<int>(exit_code::unreachable);
    }
}

int command_line::report_problem(CLI::ParseError const& problem, int argc,
                                 char const* const* argv) {
    if (problem.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
        return written(root_.exit(problem)); // prints the help or the version
    }
    auto const& chosen = chosen_command(root_, {argv + 1, argv + argc});
    if (argc < 2) {
        fmt::print(stderr, "{}", root_.help());
        return static_cast<int>(exit_code::usage);
    }
    fmt::print(stderr, "tasker: {}\nSee: {} --help\n", problem.what(), full_name(chosen));
    return static_cast<int>(exit_code::usage);
}

void add_all_commands(command_line& line) {
    add_dev_command(line);
    add_task_commands(line);
    add_signal_commands(line);
    add_queue_commands(line);
    add_template_commands(line);
    add_database_commands(line);
    add_dead_letter_commands(line);
    add_prune_command(line);
    add_worker_commands(line);
    add_doctor_command(line);
    add_service_commands(line);
}

} // namespace tasker::cli
