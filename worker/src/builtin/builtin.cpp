#include "builtin/builtin.hpp"

#include "builtin/initialization.hpp"

#include <limits>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::int64_t day_ms = 86'400'000;

} // namespace

void add_builtin_handlers(handler_registry& to, settings const& options) {
    to.add("tasker.noop", run_noop);
    to.add("tasker.echo", run_echo);
    to.add("tasker.sleep", run_sleep);
    to.add("tasker.fail", run_fail);
    to.add("tasker.http", [with = options.http](auto const& step) { return run_http(with, step); });
    to.add("tasker.webhook", [with = options.http, own = options.webhooks](auto const& step) {
        return run_webhook(with, own, step);
    });
    to.add("tasker.shell",
           [with = options.shell](auto const& step) { return run_shell(with, step); });
}

void append_further_inputs(std::string& to, step_context const& step) {
    for (auto const& [key, value] : {std::pair{R"(,"parent_states":)", step.parent_states_text()},
                                     std::pair{R"(,"inputs":)", step.inputs_text()}}) {
        if (value != "{}") {
            to.append(key).append(value);
        }
    }
}

step_result run_noop(step_context const&) {
    return success();
}

step_result run_echo(step_context const& step) {
    std::string json = R"({"context":)";
    json += step.context_text();
    json += R"(,"parents":)";
    json += step.parents_text();
    append_further_inputs(json, step);
    json += '}';
    return step_result::from_json_text(std::move(json));
}

step_result run_sleep(step_context const& step) {
    initialization keys{step};
    auto const ms = keys.integer("ms", 0, 0, day_ms);
    keys.finish();
    if (!step.wait_for(std::chrono::milliseconds{ms})) {
        return retryable_error("cancelled while asleep", "cancelled");
    }
    return nlohmann::json{{"slept_ms", ms}};
}

step_result run_fail(step_context const& step) {
    initialization keys{step};
    auto const message = keys.text("message", "failed on purpose");
    auto const is_permanent = keys.truth("permanent", false);
    auto const times = keys.integer("times", std::numeric_limits<std::int32_t>::max(), 0,
                                    std::numeric_limits<std::int32_t>::max());
    keys.finish();
    if (step.failures() >= times) {
        return nlohmann::json{{"failures", step.failures()}};
    }
    return is_permanent ? permanent_error(message, "on_purpose")
                        : retryable_error(message, "on_purpose");
}

} // namespace tasker::worker
