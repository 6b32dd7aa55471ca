#include "step_flow.hpp"

#include "failure_log.hpp"
#include "report.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace tasker::worker {

namespace {

std::size_t count(std::int64_t validated) {
    return static_cast<std::size_t>(validated);
}

std::size_t weight(queue::claimed_step const& step) {
    return step.context.size() + step.initialization.size() +
           (step.parents ? step.parents->size() : 0);
}

} // namespace

step_flow::step_flow(boost::asio::any_io_executor executor, settings const& options,
                     std::shared_ptr<handler_registry const> handlers, metrics& metrics)
    : queues{options.namespaces},
      claims{executor},
      reports{executor},
      leases{executor},
      deadlines{executor},
      emptied{executor},
      executor_{executor},
      metrics_{metrics},
      policy_{count(options.concurrency), count(options.max_prefetch)},
      threads_{count(options.concurrency)},
      pool_{{threads_, count(options.max_result_bytes)},
            std::move(handlers),
            {[this] { boost::asio::post(executor_, [this] { reports.ring(); }); },
             [this] { boost::asio::post(executor_, [this] { deadlines.ring(); }); }}} {}

void step_flow::accept(std::vector<queue::claimed_step> steps, steady_clock::time_point leased_at) {
    if (steps.empty()) {
        return;
    }
    std::vector<std::shared_ptr<execution>> ready;
    ready.reserve(steps.size());
    std::size_t bytes = 0;
    if (held_.empty()) {
        leases.ring();
    }
    for (auto& each : steps) {
        bytes += weight(each);
        ready.push_back(std::make_shared<execution>(std::move(each), leased_at));
        held_.insert(ready.back());
    }
    policy_.observe_size(bytes, steps.size());
    if (draining_) {
        std::ranges::for_each(ready, [this](auto const& each) { give_back(each); });
        return;
    }
    std::erase_if(ready, [this](auto const& each) {
        if (each->step.alone) {
            wait_to_run_alone(each);
        }
        return each->step.alone;
    });
    in_pool_ += ready.size();
    pool_.submit(std::move(ready));
}

bool step_flow::collect() {
    finished_.clear();
    pool_.take_finished(finished_, thread_pool::wake::yes);
    if (finished_.empty()) {
        return false;
    }
    std::chrono::nanoseconds total{0};
    std::size_t ran = 0;
    for (auto& each : finished_) {
        if (!each.skipped) {
            total += each.took;
            ++ran;
        }
        finish(std::move(each));
    }
    if (ran > 0) {
        policy_.observe(total, ran);
    }
    if (queues.any()) {
        claims.ring();
    }
    if (holds_nothing()) {
        emptied.ring();
    }
    return true;
}

void step_flow::finish(finished_execution done) {
    TASKER_ASSERT(in_pool_ > 0);
    --in_pool_;
    auto const& step = done.step->step;
    if (!done.skipped) {
        metrics_.step_ran(step.handler, done.took);
    }
    if (done.step->is_reported) {
        return;
    }
    auto const must_stop = done.step->cause == cancel_cause::shutting_down;
    if (done.skipped || (must_stop && is_failure(done.report.outcome))) {
        give_back(done.step);
        return;
    }
    metrics_.step_ended(ending_of(done.report.outcome));
    if (is_failure(done.report.outcome)) {
        log_failure(step, done.report);
    }
    add_report(std::move(done.report), std::move(done.step));
}

std::size_t step_flow::free_slots() const {
    return slots_below(policy_.capacity());
}

std::size_t step_flow::slots_to_claim() const {
    return slots_below(claim_capacity());
}

bool step_flow::wants_claim() const {
    auto const free = slots_to_claim();
    return free > 0 && (in_pool_ + reserved_ < threads_ || 2 * free >= claim_capacity());
}

/// Leave half of the prefetched steps to continuations, if there were any lately. So claims do not
/// start new tasks faster than started ones finish, and children do not pile up in the queue.
std::size_t step_flow::claim_capacity() const {
    auto const capacity = policy_.capacity();
    auto const prefetched = capacity - threads_;
    auto const has_continuations = reported_since_continuation_ < 2 * capacity;
    auto const without = std::max(prefetched / 2, std::min(prefetched, max_claim_prefetch));
    return threads_ + (has_continuations ? prefetched / 2 : without);
}

void step_flow::note_continuations(std::size_t reported, std::size_t continued) {
    reported_since_continuation_ = continued > 0 ? 0 : reported_since_continuation_ + reported;
}

std::size_t step_flow::slots_below(std::size_t capacity) const {
    auto const taken = in_pool_ + unreported_ + reserved_;
    if (takes_nothing_new() || unreported_bytes_ >= max_unreported_bytes || taken >= capacity) {
        return 0;
    }
    return capacity - taken;
}

void step_flow::reserve(std::size_t slots) {
    reserved_ += slots;
}

void step_flow::unreserve(std::size_t slots) {
    TASKER_ASSERT(reserved_ >= slots);
    reserved_ -= slots;
    ring_if_less_is_held();
}

report_batch step_flow::next_batch() {
    report_batch batch;
    for (std::size_t turn = 0; turn < reports_.size() && batch.reports.empty(); ++turn) {
        auto& from = reports_[next_queue_++ % reports_.size()];
        batch.queue = from.queue;
        std::size_t bytes = 0;
        while (!from.waiting.empty() && batch.reports.size() < max_report_steps) {
            bytes += from.waiting.front().report.payload.size();
            if (bytes > max_report_bytes && !batch.reports.empty()) {
                break;
            }
            batch.reports.push_back(std::move(from.waiting.front()));
            from.waiting.pop_front();
        }
    }
    return batch;
}

void step_flow::forget(report_batch const& done) {
    for (auto const& each : done.reports) {
        --unreported_;
        unreported_bytes_ -= each.step->report_bytes;
        held_.erase(each.step);
    }
    ring_if_less_is_held();
}

void step_flow::lose(std::shared_ptr<execution> const& step) {
    log::warn(
        "lease_lost",
        {{"task", step->step.task}, {"step", step->step.name}, {"delivery", step->step.delivery}});
    metrics_.step_ended(metrics::ending::lost);
    step->cancel(cancel_cause::lease_lost);
    drop(step);
}

void step_flow::wait_to_run_alone(std::shared_ptr<execution> step) {
    if (alone_) {
        give_back(std::move(step));
        return;
    }
    alone_limit_ = steady_clock::now() + next_alone_limit_;
    alone_ = std::move(step);
}

/// Handlers that timed out or lost their lease may still run, and may never return.
std::shared_ptr<execution> step_flow::step_to_run_alone() const {
    return alone_ && !alone_runs_ && held_.size() == 1 && reserved_ == 0 ? alone_ : nullptr;
}

void step_flow::run_alone(std::shared_ptr<execution> const& step) {
    TASKER_ASSERT(step == step_to_run_alone());
    log::info("step_runs_alone", {{"task", step->step.task},
                                  {"step", step->step.name},
                                  {"lost_leases", step->step.lost_leases}});
    alone_runs_ = true;
    alone_limit_ = deadline::max();
    next_alone_limit_ = first_alone_limit;
    ++in_pool_;
    pool_.submit({step});
}

deadline step_flow::limit_wait_for_alone(steady_clock::time_point now) {
    if (now >= alone_limit_) {
        alone_pause_end_ = now + next_alone_limit_;
        next_alone_limit_ = std::min(2 * next_alone_limit_, last_alone_limit);
        give_back(alone_);
    }
    return alone_limit_;
}

std::vector<std::shared_ptr<execution>>
step_flow::take_long_running(std::chrono::milliseconds least) {
    auto const latest = steady_clock::now() - least;
    auto found = pool_.running();
    std::erase_if(found, [latest](auto const& each) {
        return each->is_reported || each->start_noted || each->started > latest;
    });
    std::ranges::for_each(found, [](auto const& each) { each->start_noted = true; });
    return found;
}

deadline step_flow::expire(steady_clock::time_point now) {
    auto const found = pool_.expire(now);
    for (auto const& each : found.timed_out) {
        if (each->is_reported) {
            continue;
        }
        auto report =
            make_report(each->step,
                        retryable_error("timed out after " +
                                            std::to_string(each->step.timeout->count()) + " ms",
                                        "timeout"),
                        0);
        metrics_.step_ended(metrics::ending::timed_out);
        log_failure(each->step, report);
        add_report(std::move(report), each);
    }
    if (!found.timed_out.empty()) {
        reports.ring();
    }
    return found.next.value_or(deadline::max());
}

void step_flow::shed_backlog(std::chrono::nanoseconds since_last_call) {
    auto const total = pool_.started();
    auto const started = static_cast<std::size_t>(total - std::exchange(started_before_, total));
    auto const waiting = in_pool_ - std::min(in_pool_, threads_);
    auto const waited = std::exchange(waiting_before_, waiting);
    if (waiting == 0 || (started > 0 && started >= waited)) {
        return;
    }
    if (give_back_waiting(started)) {
        policy_.observe_backlog(since_last_call, started);
    }
}

void step_flow::drain() {
    draining_ = true;
    if (alone_ && !alone_runs_) {
        give_back(alone_);
    }
    give_back_waiting(0);
    emptied.ring();
}

void step_flow::close() {
    closed_ = true;
    drain();
    claims.ring();
}

void step_flow::cancel_running() {
    for (auto const& each : pool_.running()) {
        each->cancel(cancel_cause::shutting_down);
    }
}

void step_flow::give_up() {
    for (auto const& each : pool_.running()) {
        if (!each->is_reported) {
            give_back(each);
        }
    }
}

std::vector<std::shared_ptr<execution>> step_flow::hung(bool is_ending) const {
    auto running = pool_.running();
    auto const all_cancelled = std::ranges::all_of(
        running, [](auto const& each) { return each->cause != cancel_cause::none; });
    if ((!is_ending && running.size() < threads_) || !all_cancelled) {
        running.clear();
    }
    return running;
}

std::vector<std::shared_ptr<execution>> step_flow::take_returned() {
    return std::exchange(returned_, {});
}

std::vector<std::shared_ptr<execution>> step_flow::held() const {
    return {held_.begin(), held_.end()};
}

void step_flow::add_report(queue::finished_step report, std::shared_ptr<execution> step) {
    mark_reported(*step);
    step->report_bytes = report.payload.size();
    ++unreported_;
    unreported_bytes_ += step->report_bytes;
    auto const& queue = step->step.queue;
    auto found = std::ranges::find(reports_, queue, &queue_reports::queue);
    if (found == reports_.end()) {
        found = reports_.insert(reports_.end(), {queue, {}});
    }
    found->waiting.push_back({std::move(report), std::move(step)});
}

bool step_flow::give_back_waiting(std::size_t keep) {
    auto const waiting = pool_.withdraw(keep);
    in_pool_ -= waiting.size();
    std::ranges::for_each(waiting, [this](auto const& each) { give_back(each); });
    return !waiting.empty();
}

void step_flow::give_back(std::shared_ptr<execution> step) {
    metrics_.step_ended(metrics::ending::returned);
    drop(step);
    returned_.push_back(std::move(step));
    leases.ring();
}

/// Its handler's return value is dropped.
void step_flow::drop(std::shared_ptr<execution> const& step) {
    mark_reported(*step);
    held_.erase(step);
    ring_if_less_is_held();
}

void step_flow::mark_reported(execution& step) {
    step.is_reported = true;
    if (alone_.get() == &step) {
        alone_.reset();
        alone_runs_ = false;
        alone_limit_ = deadline::max();
        queues.announce(step.step.queue); // more such steps may wait there
        claims.ring();
    }
}

void step_flow::ring_if_less_is_held() {
    if (holds_nothing()) {
        emptied.ring();
    }
    if (step_to_run_alone()) {
        claims.ring();
    }
}

} // namespace tasker::worker
