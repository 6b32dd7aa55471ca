#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/model/states.hpp"
#include "tasker/wire/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// An item of a step with `map` or `matrix` as the API shows it.
struct item_view {
    std::int32_t index = 0; ///< from 0; with batches, the number of the batch
    std::string name;       ///< resize[17]; with `matrix` build[os=mac, version=2]
    model::step_state state = model::step_state::pending;
    std::int32_t attempts = 0;    ///< reported failures, plus the current or successful run
    std::int32_t deliveries = 0;  ///< how often a worker received it
    std::int32_t lost_leases = 0; ///< deliveries whose lease ended without a report
    std::optional<timestamp> enqueued_at;
    std::optional<timestamp> started_at;
    std::optional<timestamp> finished_at;
    std::optional<std::string> worker;
    std::string item;                  ///< JSON: {"index": 17, "item": …} or {"items": […]}
    std::optional<std::string> result; ///< JSON; present once complete
    std::optional<std::string> error;  ///< JSON, of the last attempt

    friend bool operator==(item_view const&, item_view const&) = default;
};

/// Writes absent fields as null, except `result` and `error`.
void append(std::string& out, item_view const& item);

/// `{"items":[…],"next_cursor":…}`
void append(std::string& out, page<item_view> const& items);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<page<item_view>> read_item_page(std::string_view json);

} // namespace tasker::wire
