#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>

namespace tasker::worker {

struct execution;

/// An input of a step that is absent, or does not fit the type it was asked for as. Leaves a
/// handler as a retryable failure, like any exception.
class input_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A step as its handler sees it: what to do, with what, for how long.
///
/// JSON is parsed when first asked for; the ..._text() accessors never parse. Typed access goes
/// through nlohmann's from_json:
///
///     struct order { std::string id; double total; };
///     NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, id, total)
///     auto const wanted = step.context<order>();
///     auto const checked = step.parent<bool>("validate");
///
/// Lifetime: a handle; copies refer to the same step, and keep what they return alive.
/// Threads: one at a time, except is_cancelled(), stop_token() and wait_for(), which any may call.
/// Cancellation: cooperative. A step is cancelled when its time-out passes, when its lease is lost
/// (the task was cancelled, or another worker has the step) and when the worker must stop now. What
/// a cancelled handler returns is dropped in the first two cases; in the last, a success is kept
/// and a failure gives the step back. Errors: input_error, where noted.
class step_context {
public:
    explicit step_context(std::shared_ptr<execution> running) noexcept;

    task_id task() const noexcept;
    step_no number() const noexcept;
    std::string_view name() const noexcept;
    std::string_view name_space() const noexcept;
    std::string_view template_name() const noexcept;
    std::string_view template_version() const noexcept;

    /// The template's `handler.callable` and `handler.method`; the latter may be empty.
    std::string_view handler() const noexcept;
    std::string_view method() const noexcept;

    /// Which delivery this is, from 1. Also counts deliveries that ended without a result.
    std::int32_t attempt() const noexcept;

    /// Failures that were reported so far; the step fails for good when there are max_attempts().
    std::int32_t failures() const noexcept;
    std::int32_t max_attempts() const noexcept;

    /// Unique for a step of a task and the same on every attempt: for other systems' idempotency.
    std::string idempotency_key() const;

    /// The template's `handler.initialization`: an object.
    nlohmann::json const& initialization() const;

    /// The task's context, as given when it was created.
    nlohmann::json const& context() const;

    /// The parents' results by step name: an object, empty for a step without parents.
    nlohmann::json const& parents() const;

    /// A parent's result. Errors: input_error if there is no such parent.
    nlohmann::json const& parent_json(std::string_view step) const;

    std::string_view initialization_text() const noexcept;
    std::string_view context_text() const noexcept;
    std::string_view parents_text() const noexcept;

    /// Errors: input_error if it does not fit.
    template <class Value>
    Value initialization() const {
        return convert<Value>(initialization(), "initialization");
    }

    template <class Value>
    Value context() const {
        return convert<Value>(context(), "context");
    }

    template <class Value>
    Value parent(std::string_view step) const {
        return convert<Value>(parent_json(step), "parent \"" + std::string{step} + '"');
    }

    /// When the template's time-out for this attempt passes.
    std::optional<tasker::deadline> deadline() const noexcept;

    bool is_cancelled() const noexcept;

    /// To be woken by cancellation (std::stop_callback) rather than to ask.
    std::stop_token stop_token() const noexcept;

    /// Waits. False if the step was cancelled, which ends the wait at once.
    bool wait_for(std::chrono::milliseconds time) const;

private:
    template <class Value>
    static Value convert(nlohmann::json const& json, std::string const& what) {
        try {
            return json.get<Value>();
        } catch (nlohmann::json::exception const& misfit) {
            throw input_error{"the " + what + " does not fit: " + misfit.what()};
        }
    }

    std::shared_ptr<execution> running_;
};

} // namespace tasker::worker
