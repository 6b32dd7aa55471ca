#include "thread_pool.hpp"

#include "claimed_settings.hpp"
#include "report.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/worker/run_handler.hpp"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace tasker::worker {

struct thread_pool::state {
    state(settings with, std::shared_ptr<handler_registry const> from, events callbacks)
        : options{with},
          notify{std::move(callbacks)},
          handlers{std::move(from)},
          running(with.threads) {}

    void work(std::size_t index);
    std::shared_ptr<execution> start_next(std::size_t index);
    finished_execution run(std::shared_ptr<execution> step, handler_registry const& known);

    settings const options;
    events const notify;
    claimed_settings_cache settings_of_steps;

    mutable std::mutex mutex;
    std::condition_variable work_arrived;
    /// Null once closed: an idle thread, which may end late, must not be the last owner of a
    /// handler.
    std::shared_ptr<handler_registry const> handlers;
    std::deque<std::shared_ptr<execution>> queued;
    std::vector<std::shared_ptr<execution>> running; ///< one slot for each thread
    std::vector<finished_execution> finished;
    std::size_t idle = 0;
    std::uint64_t started = 0;
    std::optional<deadline>
        earliest_known; ///< of running steps, as announced by due_sooner or expire()
    bool wake_when_finished = false;
    bool closed = false;
};

namespace {

/// Signals are for the thread that runs the worker, not for handlers.
class all_signals_blocked {
public:
    all_signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }

    all_signals_blocked(all_signals_blocked const&) = delete;
    all_signals_blocked& operator=(all_signals_blocked const&) = delete;

    ~all_signals_blocked() {
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t before_{};
};

} // namespace

thread_pool::thread_pool(settings options, std::shared_ptr<handler_registry const> handlers,
                         events notify)
    : state_{std::make_shared<state>(options, std::move(handlers), std::move(notify))} {
    TASKER_ASSERT(options.threads > 0);
    all_signals_blocked const during_creation;
    for (std::size_t index = 0; index < options.threads; ++index) {
        // Detached: a handler that never returns must not keep the process from ending.
        std::thread{[self = state_, index] { self->work(index); }}.detach();
    }
}

thread_pool::~thread_pool() {
    std::shared_ptr<handler_registry const> released;
    {
        std::lock_guard const lock{state_->mutex};
        state_->closed = true;
        released.swap(state_->handlers);
    }
    state_->work_arrived.notify_all();
}

void thread_pool::submit(std::vector<std::shared_ptr<execution>> steps) {
    std::size_t wanted = 0;
    {
        std::lock_guard const lock{state_->mutex};
        std::ranges::move(steps, std::back_inserter(state_->queued));
        wanted = std::min(steps.size(), state_->idle);
    }
    for (; wanted > 0; --wanted) {
        state_->work_arrived.notify_one();
    }
}

void thread_pool::take_finished(std::vector<finished_execution>& into, wake me) {
    std::lock_guard const lock{state_->mutex};
    auto& finished = state_->finished;
    state_->wake_when_finished = me == wake::yes && finished.empty();
    if (into.empty()) {
        into.swap(finished);
    } else {
        std::ranges::move(finished, std::back_inserter(into));
        finished.clear();
    }
}

std::vector<std::shared_ptr<execution>> thread_pool::withdraw(std::size_t keep) {
    std::vector<std::shared_ptr<execution>> taken;
    std::lock_guard const lock{state_->mutex};
    while (state_->queued.size() > keep) {
        taken.push_back(std::move(state_->queued.back()));
        state_->queued.pop_back();
    }
    return taken;
}

thread_pool::expiry thread_pool::expire(steady_clock::time_point now) {
    expiry found;
    std::lock_guard const lock{state_->mutex};
    for (auto const& each : state_->running) {
        if (!each || !each->due || each->cause != cancel_cause::none) {
            continue;
        }
        if (*each->due <= now) {
            each->cancel(cancel_cause::timed_out);
            found.timed_out.push_back(each);
        } else if (!found.next || *each->due < *found.next) {
            found.next = each->due;
        }
    }
    state_->earliest_known = found.next;
    return found;
}

std::vector<std::shared_ptr<execution>> thread_pool::running() const {
    std::vector<std::shared_ptr<execution>> all;
    std::lock_guard const lock{state_->mutex};
    std::ranges::copy_if(state_->running, std::back_inserter(all),
                         [](auto const& each) { return each != nullptr; });
    return all;
}

std::uint64_t thread_pool::started() const {
    std::lock_guard const lock{state_->mutex};
    return state_->started;
}

void thread_pool::state::work(std::size_t index) {
    std::unique_lock lock{mutex};
    for (;;) {
        while (queued.empty() && !closed) {
            ++idle;
            work_arrived.wait(lock);
            --idle;
        }
        if (closed) {
            return;
        }
        auto step = start_next(index);
        auto known = handlers;
        lock.unlock();
        auto done = run(std::move(step), *known);
        known.reset();
        lock.lock();
        running[index].reset();
        if (closed) {
            return;
        }
        finished.push_back(std::move(done));
        if (std::exchange(wake_when_finished, false)) {
            notify.finished();
        }
    }
}

/// Called under the lock.
std::shared_ptr<execution> thread_pool::state::start_next(std::size_t index) {
    auto step = std::move(queued.front());
    queued.pop_front();
    ++started;
    step->started = steady_clock::now();
    running[index] = step;
    if (step->step.timeout) {
        step->due = step->started + *step->step.timeout;
        if (!earliest_known || *step->due < *earliest_known) {
            earliest_known = step->due;
            notify.due_sooner();
        }
    }
    return step;
}

finished_execution thread_pool::state::run(std::shared_ptr<execution> step,
                                           handler_registry const& known) {
    finished_execution done;
    if (step->cause != cancel_cause::none) {
        done.skipped = true;
    } else {
        auto refused = prepare(*step, settings_of_steps);
        auto answer = refused ? step_result{std::move(*refused)} : run_handler(known, step);
        done.report = make_report(step->step, std::move(answer), options.max_result_bytes,
                                  step->settings ? &step->settings->result_schema : nullptr);
        done.took = steady_clock::now() - step->started;
    }
    done.step = std::move(step);
    return done;
}

} // namespace tasker::worker
