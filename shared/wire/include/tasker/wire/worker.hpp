#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/page.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// `draining`: claims nothing more. `gone`: has ended, or was not seen for a minute.
inline constexpr std::array<std::string_view, 3> worker_states{"serving", "draining", "gone"};

/// A worker, as the API shows it.
struct worker_view {
    worker_id id; ///< not shown; for cursors
    std::string name;
    std::string namespaces = "[]"; ///< JSON array of strings
    std::int32_t slots = 0;
    std::string handlers = "[]"; ///< JSON array of strings
    std::string version;
    std::string state;                  ///< one of worker_states
    std::optional<std::string> command; ///< drain or stop
    timestamp started_at;
    timestamp last_seen_at;
    std::int32_t steps_in_progress = 0;

    friend bool operator==(worker_view const&, worker_view const&) = default;
};

void append(std::string& out, worker_view const& shown);
void append(std::string& out, page<worker_view> const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<worker_view> read_worker_view(std::string_view json);
result<page<worker_view>> read_worker_page(std::string_view json);

} // namespace tasker::wire
