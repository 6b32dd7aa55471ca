#pragma once

#include "claim_order.hpp"
#include "metrics.hpp"
#include "prefetch_policy.hpp"
#include "thread_pool.hpp"
#include "wake_up.hpp"

#include "tasker/queue/steps.hpp"
#include "tasker/worker/settings.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_set>
#include <vector>

namespace tasker::worker {

/// A result on its way to the database.
struct pending_report {
    queue::finished_step report;
    std::shared_ptr<execution> step;
    bool is_substitute = false; ///< the database refused the handler's own result
};

/// Results of one queue for one report.
struct report_batch {
    std::string queue;
    std::vector<pending_report> reports;
};

/// All steps that this worker holds, from lease to report, and the number that it still wants. The
/// loops that call the database (claimer, reporter, lease_keeper) share it; each has a wake_up that
/// is notified when there may be work for it.
///
/// A step is held until its result is stored, it was returned to the queue, or its lease is lost.
///
/// Threads: all on the executor; handlers' threads only post to it.
class step_flow {
public:
    /// Limits of one report, by number and by size of results.
    static constexpr std::size_t max_report_steps = 500;
    static constexpr std::size_t max_report_bytes = 8U << 20U;
    /// How long a step that must run alone waits for the others, at first. Doubled each time the
    /// others took longer.
    static constexpr std::chrono::seconds first_alone_limit{30};
    static constexpr std::chrono::seconds last_alone_limit{3600};
    /// Steps beyond one for each thread that claims fill where reports return none: two claims.
    static constexpr std::size_t max_claim_prefetch = 1024;
    /// Claims pause while unreported results take more.
    static constexpr std::size_t max_unreported_bytes = 64U << 20U;

    step_flow(boost::asio::any_io_executor executor, settings const& options,
              std::shared_ptr<handler_registry const> handlers, metrics& metrics);
    step_flow(step_flow const&) = delete;
    step_flow& operator=(step_flow const&) = delete;

    /// Accepts steps whose leases began at `leased_at` or later; returns them after drain().
    void accept(std::vector<queue::claimed_step> steps, steady_clock::time_point leased_at);

    /// Takes the finished steps from the threads; false if there were none. Threads notify
    /// `reports` only after a call that found none, so they do not disturb a busy reporter: wait
    /// for `reports` only after such a call.
    bool collect();

    /// How many more steps may be held now. A step keeps its slot until its result is stored.
    std::size_t free_slots() const;

    /// How many of them claims may fill.
    std::size_t slots_to_claim() const;

    /// Whether a claim is worthwhile: a thread is idle, or half of the slots are free.
    bool wants_claim() const;

    /// Slots that a call in flight may fill.
    void reserve(std::size_t slots);
    void unreserve(std::size_t slots);

    /// A report of so many results returned so many steps.
    void note_continuations(std::size_t reported, std::size_t continued);

    /// The next results to be reported, of one queue; empty if there are none.
    report_batch next_batch();

    /// These results are stored, or will never be: forget the steps.
    void forget(report_batch const& done);

    /// The lease is lost: cancels the handler and drops its result.
    void lose(std::shared_ptr<execution> const& step);

    /// The step that must run alone, once the worker holds no other; null if there is none, or if
    /// it runs.
    std::shared_ptr<execution> step_to_run_alone() const;

    /// REQUIRES: it is step_to_run_alone().
    void run_alone(std::shared_ptr<execution> const& step);

    /// Returns the step that must run alone to the queue if the others do not end in time. Returns
    /// when to call this again. The worker takes no such step for the same time, unless it holds
    /// nothing: the running steps would probably still run, and the other slots would be empty most
    /// of the time.
    deadline limit_wait_for_alone(steady_clock::time_point now);

    /// Whether a claim may return a step that must run alone.
    bool may_take_alone(steady_clock::time_point now) const noexcept {
        return held_.empty() || now >= alone_pause_end_;
    }

    /// Steps whose handlers have run for `least`, each once.
    std::vector<std::shared_ptr<execution>> take_long_running(std::chrono::milliseconds least);

    /// Reports the steps whose time is over. Returns when to call it again.
    deadline expire(steady_clock::time_point now);

    /// Returns waiting steps that other workers may start earlier: if some still wait that waited
    /// at the last call, or none was started since, keeps only as many as were started since.
    void shed_backlog(std::chrono::nanoseconds since_last_call);

    /// From now on, accepts no steps and returns those that have not started.
    void drain();

    /// The same, and the claims end.
    void close();

    /// Cancels the running handlers, because the worker must stop.
    void cancel_running();

    /// Returns all held steps; the return values of their handlers are dropped.
    void give_up();

    /// Steps to return to the queue; they are no longer held.
    std::vector<std::shared_ptr<execution>> take_returned();

    std::vector<std::shared_ptr<execution>> held() const;

    /// Whether no step is held, and no call in flight may return more.
    bool holds_nothing() const noexcept {
        return held_.empty() && reserved_ == 0;
    }

    /// Whether it holds nothing and no handler runs.
    bool is_empty() const noexcept {
        return holds_nothing() && in_pool_ == 0;
    }

    /// The running steps if all of them are cancelled, and no thread is free; otherwise none.
    /// `is_ending`: a free thread is of no use, because nothing else will run.
    std::vector<std::shared_ptr<execution>> hung(bool is_ending) const;

    bool is_closed() const noexcept {
        return closed_;
    }

    bool is_draining() const noexcept {
        return draining_;
    }

    /// Whether no new step may be taken: after drain(), or because a step must run alone.
    bool takes_nothing_new() const noexcept {
        return draining_ || alone_ != nullptr;
    }

    std::size_t in_pool() const noexcept {
        return in_pool_;
    }

    std::size_t threads() const noexcept {
        return threads_;
    }

    std::size_t capacity() const {
        return policy_.capacity();
    }

    claim_order queues;
    wake_up claims;    ///< slots became free, or a queue was announced
    wake_up reports;   ///< there are results
    wake_up leases;    ///< there are steps to return, or the first step is held
    wake_up deadlines; ///< expire() is to be called for an earlier deadline
    wake_up emptied;   ///< is_empty() or holds_nothing() may have become true

private:
    struct queue_reports {
        std::string queue;
        std::deque<pending_report> waiting;
    };

    void finish(finished_execution done);
    void add_report(queue::finished_step report, std::shared_ptr<execution> step);
    bool give_back_waiting(std::size_t keep);
    std::size_t claim_capacity() const;
    std::size_t slots_below(std::size_t capacity) const;
    void give_back(std::shared_ptr<execution> step);
    void drop(std::shared_ptr<execution> const& step);
    void wait_to_run_alone(std::shared_ptr<execution> step);
    void mark_reported(execution& step);
    void ring_if_less_is_held();

    boost::asio::any_io_executor executor_;
    metrics& metrics_;
    prefetch_policy policy_;
    std::unordered_set<std::shared_ptr<execution>> held_;
    std::vector<queue_reports> reports_;
    std::size_t next_queue_ = 0;
    std::vector<std::shared_ptr<execution>> returned_;
    std::shared_ptr<execution> alone_; ///< waits to run alone, or runs alone: no slot is free
    bool alone_runs_ = false;
    deadline alone_limit_ = deadline::max(); ///< of its wait
    std::chrono::seconds next_alone_limit_ = first_alone_limit;
    deadline alone_pause_end_ = deadline::min(); ///< after a wait that was too long
    std::vector<finished_execution> finished_;   ///< kept for its memory
    std::size_t threads_;
    std::size_t in_pool_ = 0;
    std::size_t reserved_ = 0;
    std::size_t reported_since_continuation_ = 0;
    std::size_t unreported_ = 0; ///< waiting or being reported
    std::size_t unreported_bytes_ = 0;
    std::uint64_t started_before_ = 0; ///< at the last shed_backlog()
    std::size_t waiting_before_ = 0;
    bool draining_ = false;
    bool closed_ = false;
    thread_pool pool_; ///< last: its threads post to what is above
};

} // namespace tasker::worker
