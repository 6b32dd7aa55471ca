#include "wait.hpp"

#include <poll.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace tasker::cluster {

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

} // namespace tasker::cluster
