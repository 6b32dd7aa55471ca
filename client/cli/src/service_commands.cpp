#include "command_line.hpp"

#include "completion.hpp"
#include "json_field.hpp"
#include "report.hpp"

#include "tasker/base/version.hpp"

#include <fmt/format.h>

#include <string>

namespace tasker::cli {

namespace {

exit_code health(command_line const& line) {
    auto api = line.connect();
    auto const answered = api.health();
    if (answered.has_error()) {
        return report(answered.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_answer(api);
    } else {
        print(indented_json(*answered) + '\n');
    }
    // 200 only means that something answers; what it says is what counts.
    auto const status = json_field(*answered, "/status");
    return status.has_value() && *status == "ok" ? exit_code::ok : exit_code::not_well;
}

exit_code print_version(command_line const& line) {
    print(line.wants_json() ? fmt::format("{{\"version\":\"{}\"}}\n", version())
                            : fmt::format("tasker {}\n", version()));
    return exit_code::ok;
}

} // namespace

void add_service_commands(command_line& line) {
    line.add_api_command(line.root(), "health", "Ask whether the orchestrator is well",
                         "tasker health --url http://127.0.0.1:8080",
                         [&line] { return health(line); });

    auto& completing =
        line.add_command(line.root(), "completion", "Print the completion script of a shell",
                         "source <(tasker completion bash)", [&line] {
                             print(bash_completion(line.root()));
                             return exit_code::ok;
                         });
    completing.remove_option(completing.get_option("--json"));
    // bash is the only one, so there is nothing to remember.
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
