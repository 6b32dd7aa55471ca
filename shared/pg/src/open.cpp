#include "conninfo.hpp"
#include "session.hpp"

#include "tasker/pg/connection.hpp"
#include "tasker/pg/dsn.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/pg/session_settings.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/until.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

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
            // next address, host or encryption: lend it again for each wait.
            borrowed_descriptor socket{executor, PQsocket(conn.get())};
            auto const [failure] = co_await (*socket).async_wait(
                wants == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write,
                as_tuple);
            if (failure) {
                co_return make_error(errc::cancelled, "cancelled while connecting");
            }
        }
        wants = PQconnectPoll(conn.get());
    }
    if (wants != PGRES_POLLING_OK || PQsetnonblocking(conn.get(), 1) != 0 ||
        PQenterPipelineMode(conn.get()) == 0) {
        auto message = last_message(conn.get());
        auto final = final_refusal(message);
        co_return final ? *final : make_error(errc::could_not_connect, std::move(message));
    }
    co_return conn;
}

constexpr statement set_all{"tasker_set_all",
                            "select set_config(name, value, false) "
                            "from unnest($1::text[], $2::text[]) s (name, value)"};

/// The session's settings, except for those that the DSN's own `options` set.
call settings_call(connect_options const& options, std::string const* given) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    auto const add = [&](char const* name, std::string value) {
        if (given == nullptr || given->find(name) == std::string::npos) {
            names.emplace_back(name);
            values.push_back(std::move(value));
        }
    };
    for (auto const& [name, value] : session_settings) {
        add(name, value);
    }
    if (options.statement_timeout.count() > 0) {
        add("statement_timeout", std::to_string(options.statement_timeout.count()));
    }
    if (!options.durable_commits) {
        add("synchronous_commit", "off");
    }
    return {set_all, params{}.add_text_array(names).add_text_array(values)};
}

/// No call was sent yet, so there is no doubt.
error while_opening(error failure) {
    if (failure.code == errc::timeout_in_doubt) {
        failure.code = errc::timeout;
    } else if (failure.code == errc::cancelled_in_doubt) {
        failure.code = errc::cancelled;
    } else if (failure.code.category() == connection_category() && failure.code != errc::timeout &&
               failure.code != errc::cancelled) {
        failure.code = errc::could_not_connect;
    }
    return failure;
}

} // namespace

asio::awaitable<result<connection>> connection::open(asio::any_io_executor executor,
                                                     connect_options options, deadline until) {
    auto info = conninfo::make(options);
    if (!info) {
        co_return info.error();
    }
    // libpq tries the next host if one refuses, but waits for a silent host as long as the kernel
    // does. So each attempt has a share of the time and starts with another host.
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
            auto const made = std::make_shared<session>(executor, std::move(*opened));
            std::vector<call> calls;
            calls.push_back(settings_call(options, std::as_const(*info).find("options")));
            auto const answers = co_await session::exchange(made, std::move(calls), 1, limit);
            if (answers.front()) {
                co_return connection{made};
            }
            opened = while_opening(answers.front().error());
        }
        if (opened.error().code != tasker::errc::timeout && opened.error().code != errc::timeout) {
            co_return opened.error();
        }
        if (attempts_left == 1) {
            co_return make_error(errc::timeout, "no response while connecting");
        }
        info->rotate_hosts();
    }
}

} // namespace tasker::pg
