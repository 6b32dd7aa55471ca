#include "tasker/measure/http.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tasker::measure {

namespace {

constexpr int stall_limit_ms = 60'000;

struct connection {
    stream_socket socket;
    std::string const* request = nullptr;
    std::size_t sent = 0;
    std::string received = {};
    deadline started = {};
};

class loop {
public:
    explicit loop(closed_loop const& plan)
        : plan_{plan},
          epoll_{::epoll_create1(EPOLL_CLOEXEC)},
          begun_{steady_clock::now()} {
        connections_.reserve(static_cast<std::size_t>(plan.connections));
        for (int i = 0; i < plan.connections; ++i) {
            connections_.push_back({.socket = stream_socket{plan.peer}});
            int const handle = connections_.back().socket.native_handle();
            ::fcntl(handle, F_SETFL, O_NONBLOCK);
            epoll_event wanted{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {}};
            wanted.data.ptr = &connections_.back();
            if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, handle, &wanted) != 0) {
                throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
            }
        }
    }
    loop(loop const&) = delete;
    loop& operator=(loop const&) = delete;
    ~loop() {
        ::close(epoll_);
    }

    loop_result run() {
        for (auto& each : connections_) {
            begin_next(each);
            advance(each);
        }
        std::array<epoll_event, 256> events;
        while (busy_ > 0) {
            int const count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                           stall_limit_ms);
            if (count == 0) {
                throw std::runtime_error{"no answer for 60 s"};
            }
            for (int i = 0; i < count; ++i) {
                advance(*static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr));
            }
        }
        auto const from = std::max(begun_, plan_.count_from);
        out_.seconds = std::chrono::duration<double>{last_answer_ - from}.count();
        return std::move(out_);
    }

private:
    void begin_next(connection& on) {
        on.request = plan_.next();
        on.sent = 0;
        on.received.clear();
        if (on.request != nullptr) {
            ++busy_;
            on.started = steady_clock::now();
        }
    }

    /// As far as the socket lets it.
    void advance(connection& on) {
        while (on.request != nullptr) {
            if (on.sent < on.request->size()) {
                auto const sent = ::send(on.socket.native_handle(), on.request->data() + on.sent,
                                         on.request->size() - on.sent, MSG_NOSIGNAL);
                if (sent < 0) {
                    return give_up_unless_blocked(on, "send");
                }
                on.sent += static_cast<std::size_t>(sent);
                continue;
            }
            auto const got = ::recv(on.socket.native_handle(), buffer_.data(), buffer_.size(), 0);
            if (got < 0) {
                return give_up_unless_blocked(on, "receive");
            }
            if (got == 0) {
                return give_up(on, "the orchestrator closed the connection");
            }
            on.received.append(buffer_.data(), static_cast<std::size_t>(got));
            if (auto const frame = find_response(on.received)) {
                take(on, *frame);
                begin_next(on);
            }
        }
    }

    void take(connection& on, response_frame const& answer) {
        --busy_;
        last_answer_ = steady_clock::now();
        bool const is_expected = plan_.expected_status == any_success
                                     ? answer.status >= 200 && answer.status < 300
                                     : answer.status == plan_.expected_status;
        if (!is_expected) {
            return count_error("status " + std::to_string(answer.status) + ": " +
                               on.received.substr(answer.body_at, 300));
        }
        ++out_.accepted;
        if (on.started >= plan_.count_from) {
            out_.latencies_ms.push_back(
                std::chrono::duration<double, std::milli>{last_answer_ - on.started}.count());
        }
    }

    void give_up_unless_blocked(connection& on, char const* what) {
        if (errno != EAGAIN && errno != EINTR) {
            give_up(on, std::system_error{errno, std::generic_category(), what}.what());
        }
    }

    void give_up(connection& on, std::string why) {
        --busy_;
        on.request = nullptr;
        count_error(std::move(why));
    }

    void count_error(std::string why) {
        if (out_.errors++ == 0) {
            out_.first_error = std::move(why);
        }
    }

    closed_loop const& plan_;
    int epoll_;
    deadline begun_;
    deadline last_answer_ = begun_;
    std::vector<connection> connections_;
    int busy_ = 0;
    loop_result out_;
    std::array<char, 65'536> buffer_;
};

} // namespace

loop_result run(closed_loop const& plan) {
    return loop{plan}.run();
}

loop_result run_without_errors(closed_loop const& plan) {
    auto result = run(plan);
    if (result.errors > 0) {
        throw std::runtime_error{std::to_string(result.errors) +
                                 " errors; the first: " + result.first_error};
    }
    return result;
}

std::function<std::string const*()> times(std::size_t count, std::string const& request) {
    return [left = count, &request]() mutable -> std::string const* {
        return left > 0 ? (--left, &request) : nullptr;
    };
}

std::function<std::string const*()> until(deadline end, std::string const& request) {
    return [end, &request]() -> std::string const* {
        return steady_clock::now() < end ? &request : nullptr;
    };
}

} // namespace tasker::measure
