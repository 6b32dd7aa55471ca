#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/model/states.hpp"
#include "tasker/wire/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// A step of a task as the API shows it.
struct step_view {
    std::string name;
    step_no number; ///< "step_no": the position in the topological order
    model::step_state state = model::step_state::pending;
    std::int32_t attempts = 0; ///< reported failures, plus the current or successful run
    std::int32_t max_attempts = 0;
    std::int32_t deliveries = 0;  ///< how often a worker received it
    std::int32_t lost_leases = 0; ///< deliveries whose lease ended without a report
    std::vector<std::string> dependencies;
    std::optional<timestamp> enqueued_at;
    std::optional<timestamp> started_at; ///< handler's start; none while it waits in the worker
    std::optional<timestamp> finished_at;
    std::optional<std::string> worker;
    std::optional<std::string> waiting_for; ///< retry, time, signal, items, children
    std::optional<timestamp> waits_until;
    std::optional<std::int32_t> items_total; ///< of a map that has items
    std::optional<std::int32_t> items_complete;
    std::optional<std::int32_t> items_failed; ///< permanently
    std::optional<std::string> compensation;  ///< JSON: state, attempts, error of its undo step
    std::optional<double> progress;           ///< 0 to 1, as the handler noted it; none at its end
    std::optional<std::string> message;       ///< of the handler, with `progress`
    std::optional<std::string> reason;        ///< why it was skipped, or will not run
    std::optional<std::int16_t> priority;     ///< absent: that of the task
    std::optional<std::string>
        history; ///< JSON: the attempts that did not succeed; of one step only
    std::optional<std::string> resolved_by; ///< JSON, see read_action(); none if no user ended it
    std::optional<std::string> result;      ///< JSON; present once complete
    std::optional<std::string> error; ///< JSON, of the last attempt; of a map, also beside `result`

    friend bool operator==(step_view const&, step_view const&) = default;
};

/// Writes absent fields as null, except `result`, `error`, `waiting_for` with `waits_until`, the
/// numbers of items, `compensation`, `reason`, `priority`, `history`, `resolved_by`, and
/// `progress` with `message`.
void append(std::string& out, step_view const& step);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<step_view> read_step_view(std::string_view json);

/// `{"steps":[…],"next_cursor":…}`
void append(std::string& out, page<step_view> const& steps);
result<page<step_view>> read_step_page(std::string_view json);

/// Reads a JSON array of strings, the form in which the database returns `dependencies`.
result<std::vector<std::string>> read_names(std::string_view json);

} // namespace tasker::wire
