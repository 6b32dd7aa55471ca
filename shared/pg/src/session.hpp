#pragma once

#include "pipeline.hpp"

#include "tasker/pg/connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasker::pg {

struct finish_connection {
    void operator()(PGconn* conn) const noexcept {
        PQfinish(conn);
    }
};
using unique_conn = std::unique_ptr<PGconn, finish_connection>;

struct clear_result {
    void operator()(PGresult* result) const noexcept {
        PQclear(result);
    }
};
using unique_result = std::unique_ptr<PGresult, clear_result>;

/// libpq's last error of the connection, on one line.
std::string last_message(PGconn const* conn);

inline bool is_cancelled(boost::asio::cancellation_state const& state) {
    return state.cancelled() != boost::asio::cancellation_type::none;
}

/// The implementation of a connection. Its operations keep it alive, so that a connection may be
/// destroyed during them; they find it closed.
struct connection::session : std::enable_shared_from_this<connection::session> {
    /// REQUIRES: `opened` is connected and in non-blocking pipeline mode.
    session(boost::asio::any_io_executor const& executor, unique_conn opened);
    session(session const&) = delete;
    session& operator=(session const&) = delete;
    ~session();

    /// Sends all calls and waits for the first `wait_for` of their answers. Returns that many
    /// answers on success, otherwise one for each call.
    static boost::asio::awaitable<std::vector<result<rows>>> exchange(std::shared_ptr<session> self,
                                                                      std::vector<call> calls,
                                                                      std::size_t wait_for,
                                                                      deadline until);

    static boost::asio::awaitable<result<std::vector<notification>>>
    next_notifications(std::shared_ptr<session> self, deadline until);

    /// See connection::end_wait.
    void end_wait() noexcept;

    bool usable() const noexcept {
        return conn != nullptr && !ruined_;
    }

    void close() noexcept;

    unique_conn conn; ///< null once closed

private:
    struct prepared_statement {
        char const* name;
        std::vector<std::uint32_t> types;
    };
    class occupied;
    enum class progress { complete, needs_input, lost };

    std::optional<error> refuse(std::vector<call> const& calls, deadline until,
                                bool cancelled) const;
    bool send(call const& request);
    bool prepare(call const& request, char const*& preparing);
    progress read(std::vector<result<rows>>& answers, std::size_t wait_for);
    bool take(unique_result answer, std::vector<result<rows>>& answers);
    void finish(pipeline::finished done, std::vector<result<rows>>& answers);

    static boost::asio::awaitable<void> readable_or_writable(session& self);
    void watch(deadline until);
    void on_timer();
    std::vector<notification> take_notifications();
    static void take_notice(void* self, PGresult const* notice);
    /// Why the connection is lost: the server's reason if it sent one between two calls.
    std::string reason_of_the_end() const;

    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer timer_;
    deadline limit_ = deadline::max(); ///< of the current operation
    bool timer_runs_ = false;
    bool timed_out_ = false;
    bool busy_ = false;
    bool ruined_ = false;
    bool waits_for_notifications_ = false;
    std::string last_words_;    ///< of the server, if it ended the session between two calls
    std::size_t leftovers_ = 0; ///< calls of run_then whose answers are not read yet
    pipeline expected_;
    std::vector<prepared_statement> prepared_;
};

/// Marks an operation. If it does not complete for any reason, the session is in an unknown state
/// and is closed.
class connection::session::occupied {
public:
    /// REQUIRES: `which` is not occupied.
    occupied(session& owner, deadline until);
    occupied(occupied const&) = delete;
    occupied& operator=(occupied const&) = delete;
    ~occupied();

    void came_to_a_good_end() {
        self_.ruined_ = false;
    }

private:
    session& self_;
};

} // namespace tasker::pg
