#pragma once

#include "step_notes.hpp"

#include "tasker/base/time.hpp"
#include "tasker/queue/steps.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace tasker::worker {

struct claimed_settings;

/// Why a step was cancelled.
enum class cancel_cause : std::uint8_t { none, timed_out, lease_lost, shutting_down };

/// A leased step in this process: waiting for a thread, running, or reported.
struct execution {
    execution(queue::claimed_step claimed, steady_clock::time_point since)
        : step{std::move(claimed)},
          leased_at{since} {}

    /// The first cause is kept; later ones change nothing.
    void cancel(cancel_cause why) {
        auto none = cancel_cause::none;
        if (cause.compare_exchange_strong(none, why)) {
            stop.request_stop();
        }
    }

    queue::claimed_step const step;
    std::stop_source stop;
    std::atomic<cancel_cause> cause = cancel_cause::none;
    step_notes notes;

    // Of the thread that runs the handler.
    std::shared_ptr<claimed_settings const> settings; ///< null: the template has none for the step
    std::optional<std::string> inputs;                ///< JSON object
    std::optional<nlohmann::json> parsed_inputs;
    std::optional<nlohmann::json> context;
    std::optional<nlohmann::json> parents;
    std::optional<nlohmann::json> initialization;
    std::optional<nlohmann::json> item;

    // Written by the thread pool, under its lock, before the handler starts.
    steady_clock::time_point started;
    std::optional<tasker::deadline> due;

    // Of the worker's I/O thread.
    steady_clock::time_point leased_at;
    bool start_noted = false; ///< the database knows that the handler started
    std::size_t report_bytes = 0;
    bool is_reported = false; ///< has a report or needs none: its handler's return value is dropped
};

} // namespace tasker::worker
