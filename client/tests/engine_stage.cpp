#include "engine_stage.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace tasker::engine {

namespace {

constexpr std::chrono::seconds line_limit{10};

bool wait_readable(int handle, deadline until) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd waited{.fd = handle, .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, static_cast<int>(std::max(left.count(), std::int64_t{0}))) == 1;
}

} // namespace

actor::actor(int connection) : connection_{connection} {
    std::string line;
    char next = 0;
    auto const until = steady_clock::now() + line_limit;
    while (wait_readable(connection_, until) && ::recv(connection_, &next, 1, 0) == 1 &&
           next != '\n') {
        line += next;
    }
    std::istringstream{line} >> task_ >> step_ >> delivery_;
}

actor::actor(actor&& other) noexcept
    : connection_{std::exchange(other.connection_, -1)},
      task_{std::move(other.task_)},
      step_{std::move(other.step_)},
      delivery_{other.delivery_} {}

actor::~actor() {
    if (connection_ >= 0) {
        ::close(connection_);
    }
}

void actor::answer(std::string_view json) {
    auto const line = std::string{json} + '\n';
    if (::send(connection_, line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size())) {
        throw std::runtime_error{step_ + " does not listen"};
    }
}

bool actor::wait_until_gone(deadline until) {
    char byte = 0;
    return wait_readable(connection_, until) && ::recv(connection_, &byte, 1, 0) <= 0;
}

stage::stage(std::filesystem::path socket)
    : socket_{std::move(socket)},
      listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    socket_.native().copy(name.sun_path, sizeof name.sun_path - 1);
    constexpr int backlog = 1'024;
    if (::bind(listening_, reinterpret_cast<sockaddr const*>(&name), sizeof name) != 0 ||
        ::listen(listening_, backlog) != 0) {
        ::close(listening_);
        throw std::runtime_error{"no stage at " + socket_.string()};
    }
}

stage::~stage() {
    ::close(listening_);
}

actor stage::next(deadline until) {
    if (!wait_readable(listening_, until)) {
        throw std::runtime_error{"no step came to the stage in time"};
    }
    return actor{::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC)};
}

} // namespace tasker::engine
