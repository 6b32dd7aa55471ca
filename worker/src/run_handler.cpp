#include "tasker/worker/run_handler.hpp"

#include "claimed_settings.hpp"
#include "execution.hpp"
#include "report.hpp"

#include "tasker/base/edit_distance.hpp"

#include <boost/core/demangle.hpp>

#include <exception>
#include <string>
#include <typeinfo>
#include <utility>

namespace tasker::worker {

namespace {

step_result unknown_handler(handler_registry const& handlers, std::string_view name) {
    auto const names = handlers.names();
    std::string message = "this worker has no handler \"" + std::string{name} + '"';
    if (auto const meant = nearest(name, names)) {
        message += "; did you mean \"" + std::string{*meant} + "\"?";
    } else {
        message += '.';
    }
    message += " It has:";
    for (auto const each : names) {
        message += ' ';
        message += each;
    }
    return retryable_error(std::move(message), "unknown_handler");
}

step_result run_guarded(handler const& run, step_context const& step) {
    try {
        return run(step);
    } catch (permanent_failure const& failure) {
        return permanent_error(failure.what(), failure.type());
    } catch (retryable_failure const& failure) {
        return retryable_error(failure.what(), failure.type(), failure.retry_after());
    } catch (std::exception const& failure) {
        return retryable_error(failure.what(), boost::core::demangle(typeid(failure).name()));
    } catch (...) {
        return retryable_error("the handler threw something that is not a std::exception",
                               "unknown_exception");
    }
}

step_result parents_too_large(queue::claimed_step const& step) {
    return permanent_error(
        "the results of its parents take " + std::to_string(step.parents_bytes) +
            " bytes together, or more; the limit is 64 MiB: return references to "
            "the data instead of the data itself",
        "inputs_too_large");
}

/// The answer, or a permanent failure if it does not match the schema in the step's settings.
step_result checked(execution const& step, step_result answer) {
    if (!answer.is_success() || answer.wants_children() || answer.finishes_task()) {
        return answer;
    }
    auto text = std::move(answer).json_text();
    if (auto problem = mismatch(step.step, text, step.settings->result_schema)) {
        return permanent_error(std::move(*problem), "invalid_result");
    }
    return step_result::from_json_text(std::move(text));
}

} // namespace

step_result run_handler(handler_registry const& handlers, std::shared_ptr<execution> step) {
    auto const& claimed = step->step;
    if (claimed.has_too_large_parents()) {
        return parents_too_large(claimed);
    }
    auto const* const run = handlers.find(claimed.handler);
    return run == nullptr ? unknown_handler(handlers, claimed.handler)
                          : run_guarded(*run, step_context{std::move(step)});
}

namespace {

/// Fills the inputs, runs the handler and checks its result, as the worker does.
step_result tried(handler const& run, std::shared_ptr<execution> const& running) {
    if (!running->step.settings) {
        return run_guarded(run, step_context{running});
    }
    claimed_settings_cache settings;
    if (auto refused = prepare(*running, settings)) {
        return std::move(*refused);
    }
    return checked(*running, run_guarded(run, step_context{running}));
}

} // namespace

step_result try_handler(handler const& run, trial_step const& step) {
    return try_handler(run, step,
                       {.context = step.context.dump(),
                        .parents = step.parents.dump(),
                        .parent_states = step.parent_states.dump(),
                        .item = "{}",
                        .inputs = step.inputs.dump(),
                        .initialization = step.initialization.dump(),
                        .checkpoint = step.checkpoint.dump()});
}

step_result try_handler(handler const& run, trial_step const& step, trial_inputs inputs,
                        trial_notes* notes) {
    queue::claimed_step claimed;
    claimed.task = task_id::generate();
    claimed.delivery = step.failures + 1;
    claimed.failures = step.failures;
    claimed.max_attempts = step.max_attempts;
    claimed.timeout = step.timeout;
    claimed.name = step.name;
    claimed.handler = "trial";
    if (!step.method.empty()) {
        claimed.handler_method = step.method;
    }
    claimed.name_space = "default";
    claimed.template_name = "trial";
    claimed.template_version = "1";
    claimed.initialization = std::move(inputs.initialization);
    claimed.context = std::move(inputs.context);
    claimed.parents = std::move(inputs.parents);
    claimed.parent_states = std::move(inputs.parent_states);
    claimed.item = std::move(inputs.item);
    claimed.settings = std::move(inputs.settings);
    claimed.checkpoint = std::move(inputs.checkpoint);
    claimed.repetition = std::move(inputs.repetition);
    auto const now = steady_clock::now();
    auto const running = std::make_shared<execution>(std::move(claimed), now);
    running->started = now;
    running->inputs = std::move(inputs.inputs);
    if (step.timeout) {
        running->due = now + *step.timeout;
    }
    std::stop_callback const cancel{step.cancelled_by,
                                    [&running] { running->cancel(cancel_cause::timed_out); }};
    auto result = tried(run, running);
    if (notes != nullptr) {
        auto own = running->notes.checkpoint();
        *notes = {.checkpoint = own ? own : running->step.checkpoint,
                  .spent = running->notes.spent()};
    }
    return result;
}

} // namespace tasker::worker
