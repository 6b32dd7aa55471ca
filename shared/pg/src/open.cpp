#include "conninfo.hpp"
#include "session.hpp"

#include "tasker/pg/connection.hpp"
#include "tasker/pg/error.hpp"

#include "tasker/base/until.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using descriptor = asio::posix::stream_descriptor;

/// Lends libpq's descriptor to Asio for one wait.
class borrowed_descriptor {
public:
    borrowed_descriptor(asio::any_io_executor const& executor, int fd) : borrowed_{executor, fd} {}

    borrowed_descriptor(borrowed_descriptor const&) = delete;
    borrowed_descriptor& operator=(borrowed_descriptor const&) = delete;

    ~borrowed_descriptor() {
        borrowed_.release();
    }

    descriptor& operator*() {
        return borrowed_;
    }

private:
    descriptor borrowed_;
};

void log_notice(void* /*context*/, PGresult const* notice) {
    auto const* const text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    log::debug("postgres_notice", {{"message", text == nullptr ? "" : text}});
}

asio::awaitable<result<unique_conn>> connect(asio::any_io_executor executor, conninfo info) {
    auto const [keywords, values] = info.keywords_and_values();
    unique_conn conn{PQconnectStartParams(keywords.data(), values.data(), 0)};
    if (!conn) {
        co_return make_error(errc::could_not_connect, "out of memory");
    }
    PQsetNoticeReceiver(conn.get(), log_notice, nullptr);
    auto wants =
        PQstatus(conn.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING) {
        {
            // Any poll may close the socket and open another, even one of the same number, for the
            // next address, host or way of encrypting: lend it anew for each wait.
            borrowed_descriptor socket{executor, PQsocket(conn.get())};
            auto const [failure] = co_await (*socket).async_wait(
                wants == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write,
                asio::as_tuple(asio::use_awaitable));
            if (failure) {
                co_return make_error(errc::cancelled, "cancelled while connecting");
            }
        }
        wants = PQconnectPoll(conn.get());
    }
    if (wants != PGRES_POLLING_OK || PQsetnonblocking(conn.get(), 1) != 0 ||
        PQenterPipelineMode(conn.get()) == 0) {
        co_return make_error(errc::could_not_connect, last_message(conn.get()));
    }
    co_return conn;
}

} // namespace

asio::awaitable<result<connection>> connection::open(asio::any_io_executor executor,
                                                     connect_options options, deadline until) {
    auto info = conninfo::make(options);
    if (!info) {
        co_return info.error();
    }
    // libpq goes on to the next host when one refuses, but waits for a silent one for as long as
    // the kernel does. So each attempt has a share of the time and begins with another host.
    auto const patience = info->connect_timeout();
    for (auto attempts_left = info->hosts();; --attempts_left) {
        auto const now = steady_clock::now();
        auto limit = until;
        if (attempts_left > 1 && until != deadline::max()) {
            limit = now + (until - now) / static_cast<int>(attempts_left);
        }
        if (patience) {
            limit = std::min(limit, now + *patience);
        }
        auto opened = co_await tasker::until(limit, connect(executor, *info));
        if (opened) {
            co_return connection{std::make_shared<session>(executor, std::move(*opened))};
        }
        if (opened.error().code != tasker::errc::timeout) {
            co_return opened.error();
        }
        if (attempts_left == 1) {
            co_return make_error(errc::timeout, "no answer while connecting");
        }
        info->rotate_hosts();
    }
}

} // namespace tasker::pg
