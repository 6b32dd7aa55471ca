#pragma once

#include "execution.hpp"

#include "tasker/worker/handler_registry.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tasker::worker {

/// A step whose handler has returned.
struct finished_execution {
    std::shared_ptr<execution> step;
    queue::finished_step report;
    std::chrono::nanoseconds took{0};
    bool skipped = false; ///< cancelled before it started: the handler was not called
};

/// Threads that run handlers, in the order of the steps.
///
/// The caller, one thread, adds steps and takes results in batches. It is notified of results only
/// after it asked for that (`take_finished`), and of deadlines only when a new one is the earliest,
/// so a busy pool causes few notifications.
///
/// Lifetime: the destructor does not wait for handlers: a thread that still runs one ends when it
/// returns, without another event.
/// Threads: any, one at a time; events come from the pool's threads, under its lock: post and
/// return.
class thread_pool {
public:
    struct settings {
        std::size_t threads = 1;
        std::size_t max_result_bytes = 4U << 20U; ///< larger results become permanent failures
    };

    struct events {
        std::function<void()> finished;   ///< once after each take_finished(…, wake::yes)
        std::function<void()> due_sooner; ///< call expire() for the new earliest deadline
    };

    enum class wake { no, yes };

    thread_pool(settings options, std::shared_ptr<handler_registry const> handlers, events notify);
    thread_pool(thread_pool const&) = delete;
    thread_pool& operator=(thread_pool const&) = delete;
    ~thread_pool();

    void submit(std::vector<std::shared_ptr<execution>> steps);

    /// Appends the finished steps. With wake::yes, and if there were none, `finished` is called at
    /// the next one.
    void take_finished(std::vector<finished_execution>& into, wake me);

    /// Takes back steps that have not started, the latest first, until `keep` are left.
    std::vector<std::shared_ptr<execution>> withdraw(std::size_t keep);

    struct expiry {
        std::vector<std::shared_ptr<execution>> timed_out; ///< cancelled just now, still running
        std::optional<deadline> next;
    };

    /// Cancels the running steps whose deadline has passed.
    expiry expire(steady_clock::time_point now);

    std::vector<std::shared_ptr<execution>> running() const;

    /// The number of handlers started so far.
    std::uint64_t started() const;

private:
    struct state;

    std::shared_ptr<state> state_;
};

} // namespace tasker::worker
