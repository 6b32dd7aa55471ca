#include "tasker/measure/http.hpp"

#include "tasker/measure/clock.hpp"

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

constexpr std::chrono::nanoseconds stall_limit = std::chrono::seconds{60};

struct connection {
    stream_socket socket;
    std::string const* request = nullptr;
    std::string follow_up = {}; ///< sent instead of the request, once it is set
    std::size_t sent = 0;
    std::string received = {};
    deadline due = {};
    std::size_t counted = 0;

    std::string const& out() const noexcept {
        return follow_up.empty() ? *request : follow_up;
    }
};

class loop {
public:
    explicit loop(load const& plan)
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
            idle_.push_back(&each);
        }
        start_due();
        std::array<epoll_event, 256> events;
        while (busy_ > 0 || !is_over_) {
            timespec const pause = until_next_due();
            int const count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                             &pause, nullptr);
            ensure(count != 0 || !idle_.empty(), "no answer for 60 s");
            for (int i = 0; i < count; ++i) {
                advance(*static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr));
            }
            start_due();
        }
        auto const from = std::max(begun_, plan_.count_from);
        out_.seconds = std::chrono::duration<double>{last_answer_ - from}.count();
        for (auto const& each : connections_) {
            out_.rates.push_back(static_cast<double>(each.counted) / out_.seconds);
        }
        return std::move(out_);
    }

private:
    /// Gives requests that are due to idle connections.
    void start_due() {
        while (!idle_.empty() && !is_over_) {
            auto const now = steady_clock::now();
            auto const due = plan_.rate > 0 ? next_due() : now;
            if (due > now) {
                return;
            }
            auto const* request = plan_.next();
            if (request == nullptr) {
                is_over_ = true;
                return;
            }
            auto& on = *idle_.back();
            idle_.pop_back();
            ++begun_requests_;
            ++busy_;
            on.request = request;
            on.follow_up.clear();
            on.sent = 0;
            on.received.clear();
            on.due = due;
            advance(on);
        }
    }

    deadline next_due() const {
        auto const after = static_cast<double>(begun_requests_) / plan_.rate;
        return begun_ + std::chrono::duration_cast<steady_clock::duration>(
                            std::chrono::duration<double>{after});
    }

    timespec until_next_due() const {
        auto limit = stall_limit;
        if (plan_.rate > 0 && !idle_.empty() && !is_over_) {
            limit = std::clamp<std::chrono::nanoseconds>(next_due() - steady_clock::now(),
                                                         std::chrono::nanoseconds{0}, stall_limit);
        }
        constexpr std::int64_t ns_per_s = 1'000'000'000;
        return {.tv_sec = limit.count() / ns_per_s, .tv_nsec = limit.count() % ns_per_s};
    }

    /// As far as the socket lets it.
    void advance(connection& on) {
        while (on.request != nullptr) {
            auto const& out = on.out();
            if (on.sent < out.size()) {
                auto const sent = ::send(on.socket.native_handle(), out.data() + on.sent,
                                         out.size() - on.sent, MSG_NOSIGNAL);
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
            }
        }
    }

    void take(connection& on, response_frame const& answer) {
        last_answer_ = steady_clock::now();
        bool const is_second = !on.follow_up.empty();
        int const expected = is_second ? any_success : plan_.expected_status;
        bool const is_expected = expected == any_success
                                     ? answer.status >= 200 && answer.status < 300
                                     : answer.status == expected;
        if (!is_expected) {
            count_error("status " + std::to_string(answer.status) + ": " +
                        on.received.substr(answer.body_at, 300));
        } else if (plan_.follow_up && !is_second) {
            on.follow_up = plan_.follow_up(std::string_view{on.received}.substr(answer.body_at));
            on.sent = 0;
            on.received.clear();
            return;
        } else {
            ++out_.accepted;
            count(on);
        }
        finish(on);
    }

    void count(connection& on) {
        if (on.due >= plan_.count_from) {
            double const ms =
                std::chrono::duration<double, std::milli>{last_answer_ - on.due}.count();
            ++on.counted;
            out_.latencies_ms.push_back(ms);
            out_.by_request[on.request].push_back(ms);
        }
    }

    void finish(connection& on) {
        --busy_;
        on.request = nullptr;
        idle_.push_back(&on);
    }

    void give_up_unless_blocked(connection& on, char const* what) {
        if (errno != EAGAIN && errno != EINTR) {
            give_up(on, std::system_error{errno, std::generic_category(), what}.what());
        }
    }

    /// The connection is not used again.
    void give_up(connection& on, std::string why) {
        --busy_;
        on.request = nullptr;
        count_error(std::move(why));
        is_over_ = is_over_ || ++lost_ == connections_.size();
    }

    void count_error(std::string why) {
        if (out_.errors++ == 0) {
            out_.first_error = std::move(why);
        }
    }

    load const& plan_;
    int epoll_;
    deadline begun_;
    deadline last_answer_ = begun_;
    std::vector<connection> connections_;
    std::vector<connection*> idle_;
    std::uint64_t begun_requests_ = 0;
    std::size_t lost_ = 0; ///< connections
    bool is_over_ = false; ///< there is no next request, or no connection for it
    int busy_ = 0;
    loop_result out_;
    std::array<char, 65'536> buffer_;
};

} // namespace

loop_result run(load const& plan) {
    return loop{plan}.run();
}

loop_result run_without_errors(load const& plan) {
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
