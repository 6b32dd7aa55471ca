#pragma once

#include "claimer.hpp"
#include "health_port.hpp"
#include "lease_keeper.hpp"
#include "metrics.hpp"
#include "registration.hpp"
#include "reporter.hpp"
#include "step_flow.hpp"

#include "tasker/pg/listener.hpp"
#include "tasker/pg/pool.hpp"
#include "tasker/worker/worker.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasker::worker {

/// One run of a worker: creates the loops, starts them, and stops them in an order that loses no
/// result. Each loop ends after its stop; loops that do not end in time are cancelled.
///
/// Lifetime: must outlive the run of the context, which ends when no part of this is running.
/// Threads: that of the context.
class runtime {
public:
    runtime(boost::asio::io_context& io, settings const& options,
            std::shared_ptr<handler_registry const> handlers, run_options run);

    /// `ended` is called when no part of this is running.
    void start(std::function<void()> ended);

    /// See worker::stop().
    void stop();

    /// REQUIRES: the context's run has returned.
    ending how_it_ended() const;

private:
    void spawn(std::string name, boost::asio::awaitable<void> loop);
    boost::asio::awaitable<void> live();
    bool open_health_port();
    void start_loops();
    pg::listener_events notifications();
    void obey(queue::worker_order order);
    boost::asio::awaitable<void> drain();
    boost::asio::awaitable<void> watch_threads();
    boost::asio::awaitable<void> end_loops();
    boost::asio::awaitable<void> end_registration();
    boost::asio::awaitable<void> wait_for_loops(std::size_t remaining, deadline until);
    void cancel_all();
    bool is_ready() const;

    boost::asio::io_context& io_;
    settings const& options_;
    run_options run_;
    metrics metrics_;
    registration registration_;
    pg::pool async_commit_pool_; ///< for claims and leases, which need not be durable
    pg::pool sync_commit_pool_;  ///< for results
    step_flow flow_;
    http::router health_routes_;
    std::optional<http::server> health_;
    std::optional<pg::listener> listener_;
    std::optional<claimer> claimer_;
    std::optional<reporter> reporter_;
    std::optional<lease_keeper> keeper_;

    std::function<void()> ended_;
    wake_up stop_asked_;
    wake_up loop_ended_;
    std::list<boost::asio::cancellation_signal> loops_;
    std::size_t loops_running_ = 0;
    std::vector<std::shared_ptr<execution>> hung_; ///< at the last check, if all threads were
    int stops_ = 0;
    bool has_begun_ = false;
    bool ends_when_drained_ = false; ///< it was asked to stop
    bool failed_ = false;
    bool has_hung_ = false; ///< all threads hung: a supervisor has to restart the worker
};

} // namespace tasker::worker
