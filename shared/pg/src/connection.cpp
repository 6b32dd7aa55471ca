#include "tasker/pg/connection.hpp"

#include "session.hpp"

#include <utility>

namespace asio = boost::asio;

namespace tasker::pg {

connection::connection(std::shared_ptr<session> opened) noexcept : session_{std::move(opened)} {}

connection::connection(connection&&) noexcept = default;

connection& connection::operator=(connection&& other) noexcept {
    close();
    session_ = std::move(other.session_);
    return *this;
}

connection::~connection() {
    close();
}

asio::awaitable<std::vector<result<rows>>> connection::run_all(std::vector<call> calls,
                                                               deadline until) {
    auto const all = calls.size();
    return session::exchange(session_, std::move(calls), all, until);
}

asio::awaitable<result<rows>> connection::run(call request, deadline until) {
    std::vector<call> calls;
    calls.push_back(std::move(request));
    auto answers = co_await session::exchange(session_, std::move(calls), 1, until);
    co_return std::move(answers.front());
}

asio::awaitable<result<rows>> connection::run_then(call first, call afterwards, deadline until) {
    std::vector<call> calls;
    calls.reserve(2);
    calls.push_back(std::move(first));
    calls.push_back(std::move(afterwards));
    auto answers = co_await session::exchange(session_, std::move(calls), 1, until);
    co_return std::move(answers.front());
}

asio::awaitable<result<std::vector<notification>>> connection::next_notifications(deadline until) {
    return session::next_notifications(session_, until);
}

void connection::end_wait() noexcept {
    if (session_) {
        session_->end_wait();
    }
}

bool connection::usable() const noexcept {
    return session_ && session_->usable();
}

bool connection::check_alive() noexcept {
    if (!usable()) {
        return false;
    }
    // The first may read the server's last messages; then the second sees the end.
    for (int i = 0; i < 2 && usable(); ++i) {
        if (PQconsumeInput(session_->conn.get()) == 0) {
            close();
        }
    }
    return usable();
}

int connection::backend_pid() const noexcept {
    return session_ && session_->conn ? PQbackendPID(session_->conn.get()) : 0;
}

void connection::close() noexcept {
    if (session_) {
        session_->close();
    }
}

} // namespace tasker::pg
