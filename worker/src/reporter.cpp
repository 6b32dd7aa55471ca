#include "reporter.hpp"

#include "pause.hpp"
#include "report.hpp"
#include "store_notes.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds call_limit{30};
/// Extra slots that even a small batch may fill, because a step often has several children.
constexpr std::size_t least_take = 8;

/// The number of temporary refusals by the database before a batch is divided, or waits until the
/// others have been sent.
constexpr int most_refusals = 2;

report_batch cut_in_half(report_batch& batch) {
    auto const middle =
        batch.reports.begin() + static_cast<std::ptrdiff_t>(batch.reports.size() / 2);
    report_batch half{batch.queue, {}};
    std::move(middle, batch.reports.end(), std::back_inserter(half.reports));
    batch.reports.erase(middle, batch.reports.end());
    return half;
}

/// One of the reports may be the reason why the last batch was refused: divides the batch; one of a
/// single report comes after the others.
void put_off(std::vector<report_batch>& left) {
    if (left.back().reports.size() > 1) {
        left.push_back(cut_in_half(left.back()));
    } else {
        std::ranges::rotate(left, left.end() - 1);
    }
}

/// The steps that may run again, whose next attempts get what they noted; and those that spent
/// something.
std::vector<std::shared_ptr<execution>> steps_with_notes(report_batch const& batch) {
    std::vector<std::shared_ptr<execution>> noted;
    for (auto const& each : batch.reports) {
        if (each.report.outcome == queue::outcome::retryable_failure ||
            each.report.outcome == queue::outcome::children ||
            each.step->notes.has_unstored_spending()) {
            noted.push_back(each.step);
        }
    }
    return noted;
}

/// Replaces a report that the database refuses. False if it is already a replacement.
bool substitute(pending_report& pending, error const& why) {
    if (std::exchange(pending.is_substitute, true)) {
        return false;
    }
    log::error(
        "result_refused",
        {{"task", pending.step->step.task}, {"step", pending.step->step.name}, {"error", why}});
    auto answer =
        permanent_error("the database refused the result: " + to_string(why), "invalid_result");
    pending.report = make_report(pending.step->step, std::move(answer), 0);
    return true;
}

} // namespace

reporter::reporter(step_flow& flow, pg::pool& connections, identity const& self, metrics& metrics)
    : flow_{flow},
      connections_{connections},
      self_{self},
      metrics_{metrics} {}

void reporter::stop() {
    is_stopped_ = true;
    flow_.reports.ring();
}

asio::awaitable<void> reporter::run_lane_until_stopped() {
    for (;;) {
        auto const collected = flow_.collect();
        auto batch = flow_.next_batch();
        if (!batch.reports.empty()) {
            co_await deliver(std::move(batch));
        } else if (collected) {
            // Only steps whose results are not needed: handlers that returned too late.
            continue;
        } else if (is_stopped_) {
            flow_.reports.ring(); // for the other lanes
            co_return;
        } else {
            co_await flow_.reports.wait();
        }
    }
}

asio::awaitable<void> reporter::deliver(report_batch batch) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    pause pauses;
    bool may_be_stored = false;
    int refusals = 0; // of the last one of these batches
    std::vector<report_batch> left;
    left.push_back(std::move(batch));
    while (!left.empty()) {
        auto const sent = co_await send(left.back(), may_be_stored);
        auto const is_done =
            sent || (pg::is_callers_fault(sent.error()) && left.back().reports.size() == 1 &&
                     !substitute(left.back().reports.front(), sent.error()));
        if (is_done) {
            flow_.forget(left.back());
            left.pop_back();
            refusals = 0;
            pauses.reset();
        } else if (!pg::is_callers_fault(sent.error())) {
            metrics_.call_failed(metrics::call::finish);
            may_be_stored = may_be_stored || pg::is_in_doubt(sent.error());
            timer.expires_at(pauses.until_next_attempt("finish_failed", sent.error()));
            co_await timer.async_wait(asio::use_awaitable);
            refusals += pg::is_refusal(sent.error()) ? 1 : 0;
            if (refusals == most_refusals) {
                refusals = 0;
                put_off(left);
            }
        } else if (left.back().reports.size() > 1) {
            left.push_back(cut_in_half(left.back()));
        }
    }
}

/// `may_be_stored`: an earlier attempt may have arrived, so a refusal proves nothing.
asio::awaitable<result<void>> reporter::send(report_batch& batch, bool may_be_stored) {
    auto const take = steps_to_take(batch);
    auto const asked_at = steady_clock::now();
    auto const beyond_own = take - std::min(take, batch.reports.size());
    flow_.reserve(beyond_own);
    auto reply = co_await call(batch, take);
    flow_.unreserve(beyond_own);
    if (!reply) {
        co_return reply.error();
    }
    auto const refused = may_be_stored ? 0 : reply->refused.size();
    metrics_.reported(batch.reports.size(), refused);
    flow_.note_continuations(batch.reports.size(), reply->taken.size());
    if (refused > 0) {
        log::warn("results_refused", {{"queue", batch.queue}, {"count", refused}});
    }
    if (!reply->taken.empty()) {
        metrics_.continued(reply->taken.size());
        if (reply->taken.size() >= take) {
            flow_.queues.announce(batch.queue); // more may have become ready
        }
        flow_.accept(std::move(reply->taken), asked_at);
    }
    if (flow_.queues.any()) {
        flow_.claims.ring();
    }
    co_return result<void>{};
}

asio::awaitable<result<queue::finish_reply>> reporter::call(report_batch const& batch,
                                                            std::size_t take) {
    auto const until = steady_clock::now() + call_limit;
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    if (auto steps = steps_with_notes(batch); have_unstored_notes(steps)) {
        auto const stored = co_await store_notes(**connection, std::move(steps), until);
        if (!stored) {
            co_return stored.error();
        }
    }
    queue::finish_request request{.queue = batch.queue,
                                  .worker = self_.id,
                                  .lease = self_.lease,
                                  .take = static_cast<std::int32_t>(take),
                                  .steps = {}};
    request.steps.reserve(batch.reports.size());
    // Copies, because the originals are needed for a repetition.
    auto const now = steady_clock::now();
    std::ranges::transform(
        batch.reports, std::back_inserter(request.steps), [now](pending_report const& each) {
            auto report = each.report;
            report.ran =
                std::chrono::duration_cast<std::chrono::microseconds>(now - each.step->started);
            return report;
        });
    co_return co_await queue::finish(**connection, std::move(request), until);
}

/// This call frees the slots of the batch. Ask for only a few more, so that other calls also find
/// free slots. Ask for none while work of a higher priority waits, or while a step must run alone:
/// it would wait for all the descendants.
std::size_t reporter::steps_to_take(report_batch const& batch) const {
    if (flow_.takes_nothing_new() || flow_.queues.has_higher_priority_work(batch.queue)) {
        return 0;
    }
    auto const own = batch.reports.size();
    return own + std::min(flow_.free_slots(), std::max(own, least_take));
}

} // namespace tasker::worker
