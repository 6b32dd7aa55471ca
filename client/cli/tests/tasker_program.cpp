#include "tasker_program.hpp"

#include "tasker/base/time.hpp"
#include "tasker/testing/service.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace tasker::cli {

namespace {

deadline in_a_minute() {
    return steady_clock::now() + std::chrono::minutes{1};
}

} // namespace

tasker_program::tasker_program(std::string url) : url_{std::move(url)} {}

process::completed tasker_program::run(std::vector<std::string> args, std::string input) const {
    args.insert(args.begin(), testing::program_path("tasker"));
    return process::run_program(
               {.argv = std::move(args), .env = environment(), .input = std::move(input)},
               in_a_minute())
        .value();
}

process::completed tasker_program::run_on_terminal(std::string const& args) const {
    auto const command =
        "stty columns 100 rows 30; " + testing::program_path("tasker").string() + ' ' + args;
    auto variables = environment();
    variables.emplace_back("TERM=xterm");
    return process::run_program(
               {.argv = {"script", "-qefc", command, "/dev/null"}, .env = std::move(variables)},
               in_a_minute())
        .value();
}

nlohmann::ordered_json tasker_program::run_for_json(std::vector<std::string> args) const {
    args.emplace_back("--json");
    return nlohmann::ordered_json::parse(run(std::move(args)).out);
}

std::vector<std::string> tasker_program::environment() const {
    return {"TASKER_URL=" + url_, "DATABASE_URL", "NO_COLOR", "LC_ALL=C.UTF-8"};
}

} // namespace tasker::cli
