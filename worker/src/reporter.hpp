#pragma once

#include "identity.hpp"
#include "step_flow.hpp"

#include "tasker/pg/pool.hpp"

#include <cstddef>

namespace tasker::worker {

/// Reports the outcome of steps to the database. While all lanes are busy, results collect and form
/// the next batch. A report returns steps that it made ready, as many as there are free slots.
///
/// A failed report is repeated until the database responds, even if it may have been stored: the
/// attempt numbers fence it. If the database finds a batch malformed, it is sent in halves until
/// the faulty result is alone; that step then fails permanently.
///
/// Lifetime: must outlive run_lane_until_stopped().
/// Cancellation: terminal; results that are not stored are lost, and their steps run again when
/// their leases end.
class reporter {
public:
    reporter(step_flow& flow, pg::pool& connections, identity const& self, metrics& metrics);

    /// Sends one report at a time; call it once for each lane. Returns after stop(), when no result
    /// is left.
    boost::asio::awaitable<void> run_lane_until_stopped();

    void stop();

private:
    boost::asio::awaitable<void> deliver(report_batch batch);
    boost::asio::awaitable<result<void>> send(report_batch& batch, bool may_be_stored);
    boost::asio::awaitable<result<queue::finish_reply>> call(report_batch const& batch,
                                                             std::size_t take);
    std::size_t steps_to_take(report_batch const& batch) const;

    step_flow& flow_;
    pg::pool& connections_;
    identity const& self_;
    metrics& metrics_;
    bool is_stopped_ = false;
};

} // namespace tasker::worker
