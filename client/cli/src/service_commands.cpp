#include "command_line.hpp"

#include "completion.hpp"
#include "json_field.hpp"
#include "report.hpp"
#include "table.hpp"
#include "text_width.hpp"

#include "tasker/base/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

/// One line for each member of the response and for each check.
std::string health_text(std::string const& response, terminal const& out) {
    auto const read = nlohmann::ordered_json::parse(response, nullptr, false);
    if (!read.is_object()) {
        return response + '\n';
    }
    std::vector<std::pair<std::string, segment>> lines;
    auto const add = [&lines](std::string const& name, nlohmann::ordered_json const& value) {
        if (value.empty()) {
            return;
        }
        auto text = value.is_string() ? value.get<std::string>() : value.dump();
        auto const colour = name == "version" ? tone::plain : text == "ok" ? tone::good : tone::bad;
        lines.push_back({name, {one_line(text), colour}});
    };
    for (auto const& [name, value] : read.items()) {
        if (!value.is_object()) {
            add(name, value);
            continue;
        }
        for (auto const& [check, outcome] : value.items()) {
            add(check, outcome);
        }
    }
    return to_text(lines, out);
}

exit_code health(command_line const& line) {
    auto api = line.connect();
    auto const answered = api.health();
    if (answered.has_error()) {
        return report(answered.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else {
        print(health_text(*answered, line.out()));
    }
    // 200 means only that a server responded; the body has the status.
    auto const status = json_field(*answered, "/status");
    return status.has_value() && *status == "ok" ? exit_code::ok : exit_code::failed;
}

exit_code print_version(command_line const& line) {
    print(line.wants_json() ? fmt::format("{{\"version\":\"{}\"}}\n", version())
                            : fmt::format("tasker {}\n", version()));
    return exit_code::ok;
}

} // namespace

void add_service_commands(command_line& line) {
    line.add_api_command(line.root(), "health", "Check the orchestrator's health",
                         "tasker health --url http://127.0.0.1:8080",
                         [&line] { return health(line); });

    auto& completing =
        line.add_command(line.root(), "completion", "Print the completion script of a shell",
                         "source <(tasker completion bash)", [&line] {
                             print(bash_completion(line.root()));
                             return exit_code::ok;
                         });
    completing.remove_option(completing.get_option("--json"));
    // bash is the only shell, so the value is not needed.
    completing
        .add_option_function<std::string>(
            "shell", [](std::string const&) {}, "Which shell")
        ->required()
        ->type_name("bash")
        ->check(CLI::IsMember({"bash"}).description(""));

    line.add_command(line.root(), "version", "Print the version", "tasker version --json",
                     [&line] { return print_version(line); });
}

} // namespace tasker::cli
