#include "tasker/process/descriptor.hpp"

#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <vector>

namespace tasker::process {

// glibc 2.36 declares the two functions in <sys/pidfd.h>, but for C++ with the wrong linkage.

descriptor open_process(pid_t pid) noexcept {
    return descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

void send_signal(descriptor const& process, int signal) noexcept {
    ::syscall(SYS_pidfd_send_signal, process.number(), signal, nullptr, 0);
}

int poll_timeout(deadline until) noexcept {
    auto const left =
        std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    return static_cast<int>(
        std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max() / 2));
}

std::optional<int> wait_readable(std::initializer_list<int> descriptors, deadline until) {
    std::vector<pollfd> polled;
    for (int const number : descriptors) {
        polled.push_back({number, POLLIN, 0});
    }
    for (;;) {
        int const ready = ::poll(polled.data(), polled.size(), poll_timeout(until));
        if (ready > 0) {
            auto const first = std::find_if(polled.begin(), polled.end(),
                                            [](pollfd const& one) { return one.revents != 0; });
            return first->fd;
        }
        if (ready == 0 && steady_clock::now() >= until) {
            return std::nullopt;
        }
    }
}

namespace {

errc code_of(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return errc::not_found;
    case E2BIG:
    case EACCES:
    case EINVAL:
    case EISDIR:
    case ELIBBAD:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOEXEC:
    case EPERM:
        return errc::invalid_argument;
    default:
        return errc::unavailable;
    }
}

} // namespace

error system_failure(std::string const& action, int number) {
    return make_error(code_of(number), action + ": " + std::generic_category().message(number));
}

} // namespace tasker::process
