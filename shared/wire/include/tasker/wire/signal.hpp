#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/page.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

inline constexpr std::size_t max_sender_bytes = 200;

/// The body of `POST /v1/tasks/{task_id}/signals/{name}` and `POST /v1/signals/{name}`.
struct signal_request {
    std::string payload = "null"; ///< JSON, unchanged from the body
    std::optional<std::string> by;
    std::optional<std::string> idempotency_key;

    friend bool operator==(signal_request const&, signal_request const&) = default;
};

/// As parse_create_task.
body_result<signal_request> parse_signal(std::string_view body);

/// Omits fields with their default value.
void append(std::string& out, signal_request const& request);

/// The outcome of a signal: it ended the wait; it was counted, and others are needed; it is kept
/// until the step waits; its idempotency key was used before.
enum class signal_outcome : std::uint8_t { complete, counted, kept, repeated };

std::string_view to_string(signal_outcome outcome) noexcept;
std::optional<signal_outcome> parse_signal_outcome(std::string_view name) noexcept;

/// `{"outcome":"complete"}`
struct signal_reply {
    signal_outcome outcome = signal_outcome::complete;

    friend bool operator==(signal_reply const&, signal_reply const&) = default;
};

void append(std::string& out, signal_reply const& reply);
result<signal_reply> read_signal_reply(std::string_view json);

/// How a signal with a correlation key was received: `{"delivered":2,"kept":false}`.
struct keyed_signal_reply {
    std::int64_t delivered = 0; ///< the steps that received it
    bool kept = false;          ///< no step waits for it yet

    friend bool operator==(keyed_signal_reply const&, keyed_signal_reply const&) = default;
};

void append(std::string& out, keyed_signal_reply const& reply);
result<keyed_signal_reply> read_keyed_signal_reply(std::string_view json);

/// Identifies a step that waits: "task_id" and "step_no".
struct wait_id {
    task_id task;
    step_no step;

    friend bool operator==(wait_id const&, wait_id const&) = default;
};

/// A step that waits for a signal as the API shows it.
struct signal_wait {
    wait_id id;
    std::string step; ///< its name
    std::string name_space;
    std::string template_name;    ///< "template"
    std::string template_version; ///< "version"
    std::string name;             ///< of the signal
    std::optional<std::string> key;
    timestamp waiting_since;
    std::optional<timestamp> deadline;
    std::int32_t quorum = 1;           ///< the number of different senders that it needs
    std::int32_t received = 0;         ///< signals so far
    std::optional<std::string> schema; ///< JSON Schema of the payload
    std::optional<std::string> form;   ///< JSON: {"title", "description"}; an approval

    friend bool operator==(signal_wait const&, signal_wait const&) = default;
};

/// `{"signals":[…],"next_cursor":…}`
void append(std::string& out, page<signal_wait> const& waits);
result<page<signal_wait>> read_signal_page(std::string_view json);

} // namespace tasker::wire
