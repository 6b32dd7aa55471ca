#include "session.hpp"

#include "tasker/pg/error.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/assert.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/this_coro.hpp>

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

// A message of the protocol counts its length in 31 bits; names and lengths take a small part of
// it.
constexpr std::size_t max_parameter_bytes = (std::size_t{1} << 30U) - (std::size_t{1} << 16U);

/// "Cached plan must not change result type": a statement prepared before a migration. Its SQLSTATE
/// is shared with every feature that the server lacks; only the location in the server's source
/// distinguishes them.
bool is_stale_plan(PGresult const* answer, std::string_view sqlstate) {
    char const* const raised_in = PQresultErrorField(answer, PG_DIAG_SOURCE_FUNCTION);
    return sqlstate == "0A000" && raised_in != nullptr &&
           std::string_view{raised_in} == "RevalidateCachedQuery";
}

error error_of(PGresult const* answer, std::string_view sqlstate) {
    if (is_stale_plan(answer, sqlstate)) {
        sqlstate = "26000"; // the statement is useless, as if it did not exist
    }
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

connection::session::session(asio::any_io_executor const& executor, unique_conn opened)
    : conn{std::move(opened)},
      socket_{executor},
      timer_{executor} {
    // libpq closes its descriptor as soon as the connection fails; afterwards its number may belong
    // to another file. A duplicate stays ours until we close it.
    int const duplicate = ::fcntl(PQsocket(conn.get()), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) {
        throw std::system_error{errno, std::generic_category(), "duplicating a socket"};
    }
    socket_.assign(duplicate);
    PQsetNoticeReceiver(conn.get(), take_notice, this);
}

void connection::session::take_notice(void* self, PGresult const* notice) {
    auto const field = [notice](int code) {
        char const* const text = PQresultErrorField(notice, code);
        return std::string_view{text == nullptr ? "" : text};
    };
    if (field(PG_DIAG_SEVERITY_NONLOCALIZED) == "FATAL") {
        auto& words = static_cast<session*>(self)->last_words_;
        words.assign(field(PG_DIAG_MESSAGE_PRIMARY)).append(" (SQLSTATE ");
        words.append(field(PG_DIAG_SQLSTATE)).append(")");
    } else {
        log::debug("postgres_notice", {{"message", field(PG_DIAG_MESSAGE_PRIMARY)}});
    }
}

std::string connection::session::reason_of_the_end() const {
    return last_words_.empty() ? last_message(conn.get()) : last_words_;
}

connection::session::~session() {
    close();
}

void connection::session::close() noexcept {
    ruined_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    conn.reset();
    try {
        timer_.cancel();
    } catch (boost::system::system_error const&) { // NOLINT(bugprone-empty-catch)
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
            calls, [](call const& each) { return each.values.bytes() > max_parameter_bytes; })) {
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
    std::optional<pipeline::end> why;
    for (;;) {
        auto const state = self->read(answers, wait_for);
        if (state == progress::complete) {
            self->leftovers_ = self->expected_.unfinished();
            if (std::ranges::none_of(answers, [](result<rows> const& each) {
                    return each.has_error() && ruins_connection(each.error());
                })) {
                in_exchange.came_to_a_good_end();
            }
            co_return answers;
        }
        if (lost || state == progress::lost) {
            why = pipeline::end::lost;
        }
        int const unsent = why ? 0 : PQflush(self->conn.get());
        if (why || unsent < 0) {
            break;
        }
        if (unsent > 0) {
            co_await readable_or_writable(*self);
        } else {
            co_await self->socket_.async_wait(asio::posix::stream_descriptor::wait_read, as_tuple);
        }
        if (self->conn == nullptr) {
            break;
        }
        if (self->timed_out_) {
            why = pipeline::end::timeout;
        } else if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
            why = pipeline::end::cancelled;
        }
        // For any reason to end, read the input first: often it has the server's last message.
        lost = PQconsumeInput(self->conn.get()) == 0;
    }

    auto const reason = why.value_or(pipeline::end::lost);
    auto const message = reason != pipeline::end::lost ? ""
                         : self->conn == nullptr       ? "closed by its owner"
                                                       : self->reason_of_the_end();
    auto unfinished = self->expected_.on_end(reason, message);
    auto const first = static_cast<std::ptrdiff_t>(std::min(self->leftovers_, unfinished.size()));
    std::move(unfinished.begin() + first, unfinished.end(), std::back_inserter(answers));
    fill(answers, calls.size(), make_error(errc::connection_lost, message));
    co_return answers;
}

bool connection::session::send(call const& request) {
    auto const& values = request.values;
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
    if (!prepare(request, preparing) ||
        PQsendQueryPrepared(conn.get(), request.text->name, static_cast<int>(values.count()),
                            texts.data(), lengths.data(), formats.data(), 1) == 0) {
        return false;
    }
    expected_.sent(preparing);
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(conn.get()) != 0;
#else
    return PQpipelineSync(conn.get()) != 0; // also flushes: a system call for each call
#endif
}

bool connection::session::prepare(call const& request, char const*& preparing) {
    auto const count = request.values.count();
    auto const found = std::ranges::find_if(prepared_, [&](prepared_statement const& each) {
        return std::strcmp(each.name, request.text->name) == 0;
    });
    if (found != prepared_.end()) {
        TASKER_ASSERT(found->types.size() == count);
        for (std::size_t i = 0; i < count; ++i) {
            TASKER_ASSERT(found->types[i] == request.values.type(i));
        }
        return true;
    }
    prepared_statement fresh{request.text->name, {}};
    for (std::size_t i = 0; i < count; ++i) {
        fresh.types.push_back(request.values.type(i));
    }
    if (PQsendPrepare(conn.get(), request.text->name, request.text->sql, static_cast<int>(count),
                      fresh.types.data()) == 0) {
        return false;
    }
    prepared_.push_back(std::move(fresh));
    preparing = request.text->name;
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
            // Never twice in a row while an answer is due; otherwise this would loop forever.
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
        return expected_.on_rows(rows{answer.release()});
    case PGRES_COMMAND_OK:
        return expected_.on_prepared() || expected_.on_rows(rows{});
    case PGRES_PIPELINE_ABORTED:
        return expected_.on_skipped();
    case PGRES_PIPELINE_SYNC:
        if (auto done = expected_.on_sync()) {
            finish(std::move(*done), answers);
            return true;
        }
        return false;
    case PGRES_FATAL_ERROR:
        if (auto const* sqlstate = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE)) {
            return expected_.on_error(error_of(answer.get(), sqlstate));
        }
        return false; // an error of libpq: the connection is lost
    default:
        return false;
    }
}

void connection::session::finish(pipeline::finished done, std::vector<result<rows>>& answers) {
    if (done.unprepared != nullptr) {
        std::erase_if(prepared_, [&](prepared_statement const& each) {
            return std::strcmp(each.name, done.unprepared) == 0;
        });
    }
    if (leftovers_ == 0) {
        answers.push_back(std::move(done.answer));
        return;
    }
    --leftovers_;
    if (done.answer.has_error()) {
        log_failed_afterwards(done.answer.error());
    }
}

} // namespace tasker::pg
