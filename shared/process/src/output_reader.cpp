#include "output_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

namespace tasker::process {

output_reader::~output_reader() {
    finish(steady_clock::now());
}

result<descriptor> output_reader::add(callback deliver) {
    if (!stop_.is_open()) {
        stop_ = descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        if (!stop_.is_open()) {
            return system_failure("could not create an eventfd");
        }
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return system_failure("could not create a pipe");
    }
    // The child's end blocks; only this end does not.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    sources_.push_back({descriptor{ends[0]}, std::move(deliver)});
    return descriptor{ends[1]};
}

void output_reader::start() {
    thread_ = std::thread{[this] { read_all(); }};
}

void output_reader::finish(deadline until) {
    if (thread_.joinable()) {
        limit_ = until;
        ::eventfd_write(stop_.number(), 1);
        thread_.join();
    }
}

void output_reader::read_some(source& from) {
    std::array<char, 65536> buffer;
    ssize_t const got = ::read(from.pipe.number(), buffer.data(), buffer.size());
    if (got > 0) {
        from.deliver(std::string_view{buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        from.pipe.close();
        from.deliver({});
    }
}

bool output_reader::is_at_end() const noexcept {
    return std::ranges::none_of(sources_, [](source const& one) { return one.pipe.is_open(); });
}

void output_reader::read_all() {
    for (bool is_last = false; !is_last && !is_at_end();) {
        deadline const limit = limit_;
        bool const is_stopping = limit != deadline::max();
        std::vector<pollfd> polled{{is_stopping ? -1 : stop_.number(), POLLIN, 0}};
        for (source const& one : sources_) {
            polled.push_back({one.pipe.number(), POLLIN, 0}); // skipped once it is closed: -1
        }
        // One read takes all that a pipe holds, so a grandchild that writes on does not delay it.
        is_last = steady_clock::now() >= limit;
        ::poll(polled.data(), polled.size(), poll_timeout(limit));
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (polled[i + 1].revents != 0) {
                read_some(sources_[i]);
            }
        }
    }
    for (source const& one : sources_) {
        if (one.pipe.is_open()) {
            one.deliver({});
        }
    }
}

} // namespace tasker::process
