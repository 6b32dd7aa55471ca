#include "builtin/builtin.hpp"
#include "builtin/command.hpp"
#include "builtin/initialization.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tasker::worker {

namespace {

// The exit codes of shells for a command that cannot be run or found.
constexpr std::int64_t cannot_execute = 126;
constexpr std::int64_t not_found = 127;

enum class output_form { guess, json, text };

struct plan {
    worker::command command;
    std::vector<std::int64_t> permanent_codes;
    output_form form = output_form::guess;
};

/// Programs receive C strings, which end at U+0000.
void refuse_null(std::string_view text, std::string const& where) {
    if (text.find('\0') != std::string_view::npos) {
        initialization::refuse(where + " must not contain U+0000");
    }
}

std::vector<std::string> read_argv(initialization& keys) {
    auto const* const value = keys.find("command");
    auto const is_text = [](auto const& each) { return each.is_string(); };
    if (value != nullptr && value->is_string()) {
        refuse_null(value->get_ref<std::string const&>(), "\"command\"");
        return {"/bin/sh", "-c", value->get<std::string>()};
    }
    if (value == nullptr || !value->is_array() || value->empty() ||
        !std::ranges::all_of(*value, is_text)) {
        initialization::refuse("\"command\" must be a string for /bin/sh, or a list of strings");
    }
    auto argv = value->get<std::vector<std::string>>();
    if (argv.front().empty()) {
        initialization::refuse("\"command\" must name a program");
    }
    for (auto const& each : argv) {
        refuse_null(each, "\"command\"");
    }
    return argv;
}

std::vector<std::string> read_environment(shell_settings const& options, step_context const& step,
                                          initialization& keys) {
    std::vector<std::string> environment;
    for (auto const& name : options.environment) {
        if (auto const* const value = std::getenv(name.c_str())) {
            environment.push_back(name + '=' + value);
        }
    }
    environment.push_back("TASKER_TASK_ID=" + step.task().to_string());
    environment.push_back("TASKER_STEP=" + std::string{step.name()});
    environment.push_back("TASKER_ATTEMPT=" + std::to_string(step.attempt()));
    auto const* const own = keys.find("environment");
    if (own == nullptr) {
        return environment;
    }
    if (!own->is_object()) {
        initialization::refuse("\"environment\" must be an object of strings");
    }
    for (auto const& entry : own->items()) {
        auto const& name = entry.key();
        auto const& value = entry.value();
        if (!value.is_string() || name.empty() || name.find('=') != std::string::npos) {
            initialization::refuse("\"environment\" must be an object of strings");
        }
        refuse_null(name, "a name in \"environment\"");
        refuse_null(value.get_ref<std::string const&>(), "\"environment\"." + name);
        std::erase_if(environment,
                      [&](std::string const& each) { return each.starts_with(name + '='); });
        environment.push_back(name + '=' + value.get<std::string>());
    }
    return environment;
}

output_form read_form(initialization& keys) {
    auto const word = keys.text("output", "guess");
    if (word == "guess") {
        return output_form::guess;
    }
    if (word == "json") {
        return output_form::json;
    }
    if (word != "text") {
        initialization::refuse("\"output\" must be \"guess\", \"json\" or \"text\"");
    }
    return output_form::text;
}

std::string input_of(step_context const& step) {
    nlohmann::json about{{"task_id", step.task().to_string()},
                         {"name", step.name()},
                         {"attempt", step.attempt()},
                         {"max_attempts", step.max_attempts()},
                         {"namespace", step.name_space()},
                         {"template_name", step.template_name()},
                         {"template_version", step.template_version()}};
    std::string input = R"({"context":)";
    input += step.context_text();
    input += R"(,"parents":)";
    input += step.parents_text();
    append_further_inputs(input, step);
    input += R"(,"step":)" + about.dump() + "}\n";
    return input;
}

plan read_plan(shell_settings const& options, step_context const& step) {
    initialization keys{step};
    plan out;
    out.command.argv = read_argv(keys);
    out.command.environment = read_environment(options, step, keys);
    out.command.folder = keys.text("folder", "");
    refuse_null(out.command.folder, "\"folder\"");
    out.command.input = input_of(step);
    out.command.max_output_bytes = static_cast<std::size_t>(options.max_output_bytes);
    out.command.kill_after = std::chrono::milliseconds{options.kill_after_ms};
    out.permanent_codes = keys.integers("permanent_exit_codes", {cannot_execute, not_found});
    out.form = read_form(keys);
    keys.finish();
    return out;
}

step_result to_value(std::string output, output_form form) {
    if (form != output_form::text) {
        auto const text = json::without_bom(output);
        auto const found = json::find_problem(text, json::max_result_nesting, json::numbers::any);
        if (!found) {
            return step_result::from_json_text(std::string{json::walker{text}.raw()});
        }
        if (form == output_form::json) {
            return retryable_error("the command's output is not JSON: " +
                                       json::to_sentence(*found, "it"),
                                   "invalid_output");
        }
    }
    if (output.ends_with('\n')) {
        output.pop_back();
    }
    return nlohmann::json(std::move(output));
}

step_result to_result(plan const& asked, command_outcome got) {
    if (got.was_stopped) {
        return retryable_error("the command was stopped: the step was cancelled", "cancelled");
    }
    if (got.has_too_much_output) {
        return permanent_error("the command wrote more than " +
                                   std::to_string(asked.command.max_output_bytes) + " bytes",
                               "output_too_large");
    }
    if (got.status.is_success()) {
        return to_value(std::move(got.output), asked.form);
    }
    auto message = to_string(got.status) + ": " + std::move(got.last_of_errors);
    if (got.status.signal != 0) {
        return retryable_error(std::move(message), "signal");
    }
    auto const is_permanent =
        std::ranges::find(asked.permanent_codes, got.status.code) != asked.permanent_codes.end();
    return is_permanent ? permanent_error(std::move(message), "exit_code")
                        : retryable_error(std::move(message), "exit_code");
}

} // namespace

step_result run_shell(shell_settings const& options, step_context const& step) {
    if (!options.enabled) {
        return permanent_error("tasker.shell is disabled on this worker (shell.enabled)",
                               "disabled");
    }
    auto const plan = read_plan(options, step);
    auto got = run_command(plan.command, step.stop_token());
    if (!got) {
        return got.error().code == errc::unavailable
                   ? retryable_error(got.error().message, "cannot_start")
                   : permanent_error(got.error().message, "cannot_start");
    }
    return to_result(plan, std::move(*got));
}

} // namespace tasker::worker
