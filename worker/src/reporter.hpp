#pragma once

#include "identity.hpp"
#include "step_flow.hpp"

#include "tasker/pg/pool.hpp"

#include <cstddef>

namespace tasker::worker {

/// Tells the database what became of steps. While reports are under way on all lanes, results
/// gather, and go out together (natural batching). Steps that a report makes ready come back with
/// its answer, as many as there are free slots for.
///
/// A report that fails is sent again until it is answered, also if it may have been stored:
/// attempts fence it. One that the database finds malformed is sent in halves until the culprit is
/// alone; that step then fails for good.
///
/// Lifetime: must outlive run_lane_until_stopped().
/// Cancellation: terminal; results that are not stored are lost, and their steps come back when
/// their leases end.
class reporter {
public:
    reporter(step_flow& flow, pg::pool& connections, identity self, metrics& counts);

    /// One report at a time; call it once for each lane. Returns after stop(), when nothing is
    /// left.
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
    identity self_;
    metrics& counts_;
    bool is_stopped_ = false;
};

} // namespace tasker::worker
