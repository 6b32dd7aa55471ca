#include "session.hpp"

#include "tasker/pg/error.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

// One message of the protocol counts its length in 31 bits; names and lengths take a little of it.
constexpr std::size_t max_parameter_bytes = (std::size_t{1} << 30U) - (std::size_t{1} << 16U);

error error_of(PGresult const* answer, char const* sqlstate) {
    std::string message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    if (auto const* detail = PQresultErrorField(answer, PG_DIAG_MESSAGE_DETAIL)) {
        message.append(": ").append(detail);
    }
    return {make_sqlstate_code(sqlstate), std::move(message)};
}

void log_failed_afterwards(error const& failure) {
    log::warn("trailing_call_failed", {{"error", failure}});
}

void fill(std::vector<result<rows>>& answers, std::size_t up_to, error const& with) {
    while (answers.size() < up_to) {
        answers.emplace_back(with);
    }
}

bool is_cancelled(asio::cancellation_state const& state) {
    return state.cancelled() != asio::cancellation_type::none;
}

} // namespace

std::string last_message(PGconn const* conn) {
    std::string message;
    for (char const* c = PQerrorMessage(conn); *c != '\0'; ++c) {
        bool const is_space = *c == ' ' || *c == '\n' || *c == '\t';
        if (!is_space) {
            message += *c;
        } else if (!message.empty() && message.back() != ' ') {
            message += ' ';
        }
    }
    if (message.ends_with(' ')) {
        message.pop_back();
    }
    return message.empty() ? "the server closed the connection" : message;
}

/// From the start of an operation to its end. One that does not come to a good end, whatever the
/// reason, leaves the session in the middle of something: it is closed.
struct connection::session::occupied {
    explicit occupied(session& which, deadline until) : self{which} {
        TASKER_ASSERT(!self.busy);
        self.busy = true;
        self.ruined = true;
        self.watch(until);
    }

    occupied(occupied const&) = delete;
    occupied& operator=(occupied const&) = delete;

    ~occupied() {
        self.busy = false;
        if (self.ruined) {
            self.close();
        }
    }

    void came_to_a_good_end() {
        self.ruined = false;
    }

    session& self;
};

connection::session::session(asio::any_io_executor const& executor, unique_conn opened)
    : conn{std::move(opened)},
      socket{executor},
      timer{executor} {
    // libpq closes its descriptor the moment it sees the connection fail, after which its number
    // may stand for another file. A duplicate stays ours until we close it.
    int const duplicate = ::fcntl(PQsocket(conn.get()), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) {
        throw std::system_error{errno, std::generic_category(), "duplicating a socket"};
    }
    socket.assign(duplicate);
}

connection::session::~session() {
    close();
}

void connection::session::close() noexcept {
    ruined = true;
    boost::system::error_code ignored;
    socket.close(ignored);
    conn.reset();
    try {
        timer.cancel();
    } catch (boost::system::system_error const&) {
        // Cancelling a timer only takes handlers off a list.
    }
}

std::optional<error> connection::session::refuse(std::vector<call> const& calls, deadline until,
                                                 bool cancelled) const {
    if (!usable()) {
        return make_error(errc::connection_lost, "the connection was closed before");
    }
    if (cancelled) {
        return make_error(errc::cancelled, "");
    }
    if (until <= steady_clock::now()) {
        return make_error(errc::timeout, "");
    }
    if (std::ranges::any_of(
            calls, [](call const& each) { return each.with.bytes() > max_parameter_bytes; })) {
        return make_error(errc::too_large, "");
    }
    return std::nullopt;
}

asio::awaitable<std::vector<result<rows>>>
connection::session::exchange(std::shared_ptr<session> self, std::vector<call> calls,
                              std::size_t wait_for, deadline until) {
    std::vector<result<rows>> answers;
    answers.reserve(calls.size());
    auto const already = is_cancelled(co_await asio::this_coro::cancellation_state);
    if (auto refusal = self->refuse(calls, until, already)) {
        fill(answers, calls.size(), *refusal);
        co_return answers;
    }
    occupied in_exchange{*self, until};

    bool lost = !std::ranges::all_of(calls, [&](call const& each) { return self->send(each); });
    auto why = pipeline::end::lost;
    for (;;) {
        auto const state = self->read(answers, wait_for);
        if (state == progress::complete) {
            self->leftovers = self->expected.unfinished();
            if (std::ranges::none_of(answers, [](result<rows> const& each) {
                    return each.has_error() && ruins_connection(each.error());
                })) {
                in_exchange.came_to_a_good_end();
            }
            co_return answers;
        }
        int const unsent = lost ? -1 : PQflush(self->conn.get());
        if (state == progress::lost || unsent < 0) {
            break;
        }
        if (unsent > 0) {
            co_await readable_or_writable(*self);
        } else {
            co_await self->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                             asio::as_tuple(asio::use_awaitable));
        }
        if (self->conn == nullptr) {
            break;
        }
        if (self->timed_out) {
            why = pipeline::end::timeout;
            break;
        }
        if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
            why = pipeline::end::cancelled;
            break;
        }
        // What came before the end is still to be read: the server's last words, often.
        lost = PQconsumeInput(self->conn.get()) == 0;
    }

    auto const message = why != pipeline::end::lost ? ""
                         : self->conn == nullptr    ? "closed by its owner"
                                                    : last_message(self->conn.get());
    auto unfinished = self->expected.on_end(why, message);
    auto const first = static_cast<std::ptrdiff_t>(std::min(self->leftovers, unfinished.size()));
    std::move(unfinished.begin() + first, unfinished.end(), std::back_inserter(answers));
    fill(answers, calls.size(), make_error(errc::connection_lost, message));
    co_return answers;
}

bool connection::session::send(call const& what) {
    auto const& values = what.with;
    std::array<char const*, params::max_count> texts{};
    std::array<int, params::max_count> lengths{};
    std::array<int, params::max_count> formats{};
    formats.fill(1); // binary
    for (std::size_t i = 0; i < values.count(); ++i) {
        if (auto const value = values.value(i)) {
            texts[i] = value->data();
            lengths[i] = static_cast<int>(value->size());
        }
    }
    char const* preparing = nullptr;
    if (!prepare(what, preparing) ||
        PQsendQueryPrepared(conn.get(), what.what->name, static_cast<int>(values.count()),
                            texts.data(), lengths.data(), formats.data(), 1) == 0) {
        return false;
    }
    expected.sent(preparing);
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(conn.get()) != 0;
#else
    return PQpipelineSync(conn.get()) != 0; // flushes, too: a system call for each call of ours
#endif
}

bool connection::session::prepare(call const& what, char const*& preparing) {
    auto const count = what.with.count();
    auto const known = std::ranges::find_if(prepared, [&](prepared_statement const& each) {
        return std::strcmp(each.name, what.what->name) == 0;
    });
    if (known != prepared.end()) {
        TASKER_ASSERT(known->types.size() == count);
        for (std::size_t i = 0; i < count; ++i) {
            TASKER_ASSERT(known->types[i] == what.with.type(i));
        }
        return true;
    }
    prepared_statement fresh{what.what->name, {}};
    for (std::size_t i = 0; i < count; ++i) {
        fresh.types.push_back(what.with.type(i));
    }
    if (PQsendPrepare(conn.get(), what.what->name, what.what->sql, static_cast<int>(count),
                      fresh.types.data()) == 0) {
        return false;
    }
    prepared.push_back(std::move(fresh));
    preparing = what.what->name;
    return true;
}

connection::session::progress connection::session::read(std::vector<result<rows>>& answers,
                                                        std::size_t wait_for) {
    int nothing = 0;
    while (answers.size() < wait_for) {
        if (PQisBusy(conn.get()) != 0) {
            return progress::needs_input;
        }
        unique_result answer{PQgetResult(conn.get())};
        if (!answer) { // ends the answers to one message
            // Never twice in a row while something is due; if it were, it would be for ever.
            if (++nothing > 2) {
                return progress::lost;
            }
            continue;
        }
        nothing = 0;
        if (!take(std::move(answer), answers)) {
            return progress::lost;
        }
    }
    return progress::complete;
}

bool connection::session::take(unique_result answer, std::vector<result<rows>>& answers) {
    switch (PQresultStatus(answer.get())) {
    case PGRES_TUPLES_OK:
        return expected.on_rows(rows{answer.release()});
    case PGRES_COMMAND_OK:
        return expected.on_prepared() || expected.on_rows(rows{});
    case PGRES_PIPELINE_ABORTED:
        return expected.on_skipped();
    case PGRES_PIPELINE_SYNC:
        if (auto done = expected.on_sync()) {
            finish(std::move(*done), answers);
            return true;
        }
        return false;
    case PGRES_FATAL_ERROR:
        if (auto const* sqlstate = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE)) {
            return expected.on_error(error_of(answer.get(), sqlstate));
        }
        return false; // libpq's own: the connection is gone
    default:
        return false;
    }
}

void connection::session::finish(pipeline::finished done, std::vector<result<rows>>& answers) {
    if (done.unprepared != nullptr) {
        std::erase_if(prepared, [&](prepared_statement const& each) {
            return std::strcmp(each.name, done.unprepared) == 0;
        });
    }
    if (leftovers == 0) {
        answers.push_back(std::move(done.answer));
        return;
    }
    --leftovers;
    if (done.answer.has_error()) {
        log_failed_afterwards(done.answer.error());
    }
}

asio::awaitable<result<std::vector<notification>>>
connection::session::next_notifications(std::shared_ptr<session> self, deadline until) {
    if (!self->usable()) {
        co_return make_error(errc::connection_lost, "the connection was closed before");
    }
    TASKER_ASSERT(self->leftovers == 0);
    occupied in_wait{*self, until};
    for (;;) {
        auto notifications = self->take_notifications();
        if (!notifications.empty() || self->timed_out || until <= steady_clock::now()) {
            in_wait.came_to_a_good_end();
            co_return notifications;
        }
        if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
            in_wait.came_to_a_good_end();
            co_return make_error(errc::cancelled, "");
        }
        co_await self->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                         asio::as_tuple(asio::use_awaitable));
        if (self->conn == nullptr) {
            co_return make_error(errc::closed, "closed by its owner");
        }
        if (!self->timed_out && PQconsumeInput(self->conn.get()) == 0) {
            co_return make_error(errc::connection_lost, last_message(self->conn.get()));
        }
    }
}

std::vector<notification> connection::session::take_notifications() {
    struct free_memory {
        void operator()(PGnotify* what) const noexcept {
            PQfreemem(what);
        }
    };
    std::vector<notification> all;
    while (std::unique_ptr<PGnotify, free_memory> const one{PQnotifies(conn.get())}) {
        all.push_back({one->relname, one->extra});
    }
    return all;
}

// libpq may have to read before it can go on writing: a server that cannot send its answers stops
// reading our calls. So writing waits for either.
asio::awaitable<void> connection::session::readable_or_writable(session& self) {
    using descriptor = asio::posix::stream_descriptor;
    co_await asio::experimental::make_parallel_group(
        self.socket.async_wait(descriptor::wait_read, asio::deferred),
        self.socket.async_wait(descriptor::wait_write, asio::deferred))
        .async_wait(asio::experimental::wait_for_one(), asio::as_tuple(asio::use_awaitable));
}

// One timer wait serves many operations: it is set again only for an earlier deadline, or when it
// fires too early for the operation then at hand. So a busy connection hardly ever sets a timer.
void connection::session::watch(deadline until) {
    limit = until;
    timed_out = false;
    if (until == deadline::max() || (timer_runs && timer.expiry() <= until)) {
        return;
    }
    timer_runs = true;
    timer.expires_at(until);
    timer.async_wait([weak = weak_from_this()](boost::system::error_code const& failure) {
        if (auto const self = weak.lock(); self && !failure) {
            self->on_timer();
        }
    });
}

void connection::session::on_timer() {
    timer_runs = false;
    if (!busy || conn == nullptr) {
        return;
    }
    if (limit > steady_clock::now()) {
        watch(limit);
        return;
    }
    timed_out = true;
    boost::system::error_code ignored;
    socket.cancel(ignored);
}

} // namespace tasker::pg
