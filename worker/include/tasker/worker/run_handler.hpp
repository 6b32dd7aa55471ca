#pragma once

#include "tasker/worker/handler_registry.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace tasker::worker {

/// Runs the step's handler. Exceptions become failures: permanent_failure a permanent one, any
/// other a retryable one with its message and type. An unregistered handler is a retryable failure
/// of type "unknown_handler", because another or a newer worker may know it. A step whose inputs
/// are too large is a permanent failure, "inputs_too_large".
step_result run_handler(handler_registry const& handlers, std::shared_ptr<execution> step);

/// A step for testing a handler without a database:
///
///     auto const result = try_handler(validate, {.context = {{"total", 12}}});
struct trial_step {
    std::string name = "step";
    std::string method;
    nlohmann::json context = nlohmann::json::object();
    nlohmann::json parents = nlohmann::json::object();
    /// By the parents' names: "complete", "skipped", "failed" or "not_run".
    nlohmann::json parent_states = nlohmann::json::object();
    nlohmann::json inputs = nlohmann::json::object(); ///< with their placeholders filled
    nlohmann::json initialization = nlohmann::json::object();
    std::int32_t failures = 0;
    std::int32_t max_attempts = 1;
    std::optional<std::chrono::milliseconds> timeout;
    nlohmann::json checkpoint = nullptr; ///< of an earlier attempt
    std::stop_token cancelled_by;        ///< a stop request cancels the step
};

/// A trial step's inputs as JSON text. The handler gets them unchanged: digits, order, repeated
/// members.
struct trial_inputs {
    std::string context = "{}";
    std::string parents = "{}";
    std::string parent_states = "{}";
    std::string item = "{}"; ///< see step_context::item_text()
    std::string inputs = "{}";
    std::string initialization = "{}";
    /// The template's settings for the worker, `inputs` and `result_schema`: they are applied as
    /// the worker does.
    std::optional<std::string> settings{};
    std::optional<std::string> checkpoint = {}; ///< of an earlier attempt
    /// Of a step with `repeat`: {"iteration": 2, "previous": <the last result>}.
    std::optional<std::string> repetition = {};
};

/// What a trial step noted.
struct trial_notes {
    std::optional<std::string> checkpoint;                  ///< for the next attempt
    std::map<std::string, std::int64_t, std::less<>> spent; ///< by unit
};

/// Runs a handler like the worker, including the treatment of exceptions, on the calling thread. A
/// time-out only sets the deadline.
step_result try_handler(handler const& run, trial_step const& step);

/// The same, with these inputs instead of those of `step`. REQUIRES: each is a JSON object, the
/// checkpoint any JSON. `notes`: none, or it is replaced.
step_result try_handler(handler const& run, trial_step const& step, trial_inputs inputs,
                        trial_notes* notes = nullptr);

} // namespace tasker::worker
