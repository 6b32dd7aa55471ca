#include "session.hpp"

#include "tasker/pg/error.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/assert.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>

// How a session waits: deadlines, readiness, notifications.

namespace asio = boost::asio;

namespace tasker::pg {

connection::session::occupied::occupied(session& owner, deadline until) : self_{owner} {
    TASKER_ASSERT(!self_.busy_);
    self_.busy_ = true;
    self_.ruined_ = true;
    self_.watch(until);
}

connection::session::occupied::~occupied() {
    self_.busy_ = false;
    if (self_.ruined_) {
        self_.close();
    }
}

// One timer wait serves many operations: it is set again only for an earlier deadline, or when it
// fires too early for the current operation. So a busy connection rarely sets a timer.
void connection::session::watch(deadline until) {
    limit_ = until;
    timed_out_ = false;
    if (until == deadline::max() || (timer_runs_ && timer_.expiry() <= until)) {
        return;
    }
    timer_runs_ = true;
    timer_.expires_at(until);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& failure) {
        if (auto const self = weak.lock(); self && !failure) {
            self->on_timer();
        }
    });
}

void connection::session::end_wait() noexcept {
    if (waits_for_notifications_) {
        timed_out_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

void connection::session::on_timer() {
    timer_runs_ = false;
    if (!busy_ || conn == nullptr) {
        return;
    }
    if (limit_ > steady_clock::now()) {
        watch(limit_);
        return;
    }
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

// libpq may have to read before it can continue writing: a server that cannot send its answers
// stops reading our calls. So writing waits for either event.
asio::awaitable<void> connection::session::readable_or_writable(session& self) {
    using descriptor = asio::posix::stream_descriptor;
    co_await asio::experimental::make_parallel_group(
        self.socket_.async_wait(descriptor::wait_read, asio::deferred),
        self.socket_.async_wait(descriptor::wait_write, asio::deferred))
        .async_wait(asio::experimental::wait_for_one(), as_tuple);
}

asio::awaitable<result<std::vector<notification>>>
connection::session::next_notifications(std::shared_ptr<session> self, deadline until) {
    if (!self->usable()) {
        co_return make_error(errc::connection_lost, "the connection was closed before");
    }
    TASKER_ASSERT(self->leftovers_ == 0);
    occupied in_wait{*self, until};
    for (;;) {
        auto notifications = self->take_notifications();
        if (!notifications.empty() || self->timed_out_ || until <= steady_clock::now()) {
            in_wait.came_to_a_good_end();
            co_return notifications;
        }
        if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
            in_wait.came_to_a_good_end();
            co_return make_error(errc::cancelled, "");
        }
        self->waits_for_notifications_ = true;
        co_await self->socket_.async_wait(asio::posix::stream_descriptor::wait_read, as_tuple);
        self->waits_for_notifications_ = false;
        if (self->conn == nullptr) {
            co_return make_error(errc::closed, "closed by its owner");
        }
        if (!self->timed_out_ && PQconsumeInput(self->conn.get()) == 0) {
            co_return make_error(errc::connection_lost, self->reason_of_the_end());
        }
    }
}

std::vector<notification> connection::session::take_notifications() {
    struct free_memory {
        void operator()(PGnotify* notification) const noexcept {
            PQfreemem(notification);
        }
    };
    std::vector<notification> all;
    while (std::unique_ptr<PGnotify, free_memory> const one{PQnotifies(conn.get())}) {
        all.push_back({one->relname, one->extra});
    }
    return all;
}

} // namespace tasker::pg
