#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>

namespace tasker::worker {

struct execution;

/// An input of a step is absent, or does not match the requested type. If it leaves a handler, it
/// is a retryable failure, like any exception.
class input_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A step as its handler sees it: its settings, its inputs and its time limit.
///
/// JSON is parsed at the first use; the ..._text() accessors never parse. Typed access goes
/// through nlohmann's from_json:
///
///     struct order { std::string id; double total; };
///     NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, id, total)
///     auto const wanted = step.context<order>();
///     auto const checked = step.parent<bool>("validate");
///
/// Lifetime: a handle; copies refer to the same step and keep its data alive.
/// Threads: one at a time, except is_cancelled(), stop_token(), wait_for(), checkpoint(),
/// progress() and spend(), which any may call. Cancellation: cooperative. A step is cancelled when
/// its time-out passes, when its lease is lost (the task was cancelled, or another worker has the
/// step) and when the worker must stop now. In the first two cases the handler's return value is
/// dropped; in the last, a success is kept and a failure returns the step to the queue. Errors:
/// input_error, where noted.
class step_context {
public:
    static constexpr std::size_t max_checkpoint_bytes = 1U << 20U; ///< as JSON
    static constexpr std::size_t max_progress_message_bytes = 1'000;

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

    /// The number of this attempt, from 1 to max_attempts(): the failures reported so far, plus 1.
    std::int32_t attempt() const noexcept;
    std::int32_t max_attempts() const noexcept;
    std::int32_t failures() const noexcept;

    /// The number of this delivery, from 1. Unlike attempt(), it also counts deliveries that ended
    /// without a report, because a worker died or returned the step.
    std::int32_t delivery() const noexcept;

    /// Unique for a step of a task and the same on every attempt; for calls to other systems.
    std::string idempotency_key() const;

    /// The template's `handler.initialization`: an object.
    nlohmann::json const& initialization() const;

    /// The task's context, unchanged since its creation.
    nlohmann::json const& context() const;

    /// The parents' results by step name: an object, empty for a step without parents.
    nlohmann::json const& parents() const;

    /// The step's `inputs` with their placeholders filled: an object, empty for a step without.
    nlohmann::json const& inputs() const;

    /// A parent's result. Errors: input_error if there is no such parent.
    nlohmann::json const& parent_json(std::string_view step) const;

    std::string_view initialization_text() const noexcept;
    std::string_view context_text() const noexcept;
    std::string_view parents_text() const noexcept;
    std::string_view inputs_text() const noexcept;

    /// How each parent ended, by its name, as a JSON object: {"a": "complete", "b": "skipped"}. It
    /// is empty in a template in which every step needs all its parents. parents() has the complete
    /// ones.
    std::string_view parent_states_text() const noexcept;

    /// The number of this run of a step with `repeat`, from 1; 1 for other steps.
    std::int32_t iteration() const;

    /// The result of the last run of a step with `repeat` as JSON text; `null` in the first run,
    /// and for other steps.
    std::string_view previous_text() const;

    /// Of a step with `map`: the element that this call handles, and its index, from 0.
    /// Errors: input_error for a step without `map`, and with a `batch_size` above 1.
    nlohmann::json const& item() const;
    std::int32_t index() const;

    /// Of a step with `map` and a `batch_size` above 1: the elements that this call handles, as
    /// [{"index": 17, "item": …}, …]. The result must be an array of the same length.
    /// Errors: input_error for other steps.
    nlohmann::json const& items() const;

    /// {"index": 17, "item": …}, {"items": [{"index": 17, "item": …}, …]}, or {} without `map`.
    std::string_view item_text() const noexcept;

    /// Errors: input_error if it does not match.
    template <class Value>
    Value item() const {
        return convert<Value>(item(), "item");
    }

    /// Keeps `value` for the next attempt of this step. It is stored within a second, and before
    /// this attempt ends without a result; it is removed when the step ends.
    /// Errors: permanent_failure if it takes more than max_checkpoint_bytes, or is nested deeper
    /// than a result may be ("checkpoint_too_large", "invalid_checkpoint").
    void checkpoint(nlohmann::json const& value) const;

    /// The same with JSON text. A text that is not JSON is an "invalid_checkpoint".
    void set_checkpoint_text(std::string json) const;

    /// The last checkpoint, of this attempt or an earlier one; null if there is none.
    nlohmann::json checkpoint() const;

    /// The same as JSON text.
    std::string checkpoint_text() const;

    /// Shows how far this step is: `share` from 0 to 1, and a message for people, which is cut at
    /// max_progress_message_bytes. Stored like a checkpoint.
    /// Errors: std::invalid_argument for another share.
    void progress(double share, std::string_view message = {}) const;

    /// Adds to what this attempt has spent of a unit, such as tokens; the task may have a budget.
    /// Stored like a checkpoint, and before each report.
    /// Errors: std::invalid_argument for a unit that is no name, an amount below 0 or above 10^15,
    /// and a ninth unit.
    void spend(std::string_view unit, std::int64_t amount) const;

    /// Errors: input_error if it does not match.
    template <class Value>
    Value initialization() const {
        return convert<Value>(initialization(), "initialization");
    }

    template <class Value>
    Value context() const {
        return convert<Value>(context(), "context");
    }

    template <class Value>
    Value inputs() const {
        return convert<Value>(inputs(), "inputs");
    }

    template <class Value>
    Value parent(std::string_view step) const {
        return convert<Value>(parent_json(step), "parent \"" + std::string{step} + '"');
    }

    /// The end of the template's time-out for this attempt.
    std::optional<tasker::deadline> deadline() const noexcept;

    bool is_cancelled() const noexcept;

    /// For callbacks at cancellation (std::stop_callback) instead of polling.
    std::stop_token stop_token() const noexcept;

    /// Waits. Returns false as soon as the step is cancelled.
    bool wait_for(std::chrono::milliseconds time) const;

private:
    template <class Value>
    static Value convert(nlohmann::json const& json, std::string const& name) {
        try {
            return json.get<Value>();
        } catch (nlohmann::json::exception const& misfit) {
            throw input_error{"the " + name + " does not fit: " + misfit.what()};
        }
    }

    nlohmann::json const& member_of_item(char const* name) const;

    std::shared_ptr<execution> running_;
};

} // namespace tasker::worker
