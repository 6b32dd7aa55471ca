#include "output_reader.hpp"

#include "system_error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cstdint>

namespace tasker::cluster {

output_reader::~output_reader() {
    finish();
}

result<descriptor> output_reader::add(callback deliver) {
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
    stop_ = descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    thread_ = std::thread{[this] { read_all(); }};
}

void output_reader::finish() {
    if (thread_.joinable()) {
        std::uint64_t const one = 1;
        [[maybe_unused]] auto const written = ::write(stop_.number(), &one, sizeof one);
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

void output_reader::read_all() {
    for (bool stopping = false;;) {
        std::vector<pollfd> polled{{stopping ? -1 : stop_.number(), POLLIN, 0}};
        for (source const& one : sources_) {
            polled.push_back({one.pipe.number(), POLLIN, 0}); // skipped once it is closed: -1
        }
        int const ready = ::poll(polled.data(), polled.size(), stopping ? 0 : -1);
        if (stopping && ready <= 0) {
            break;
        }
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (polled[i + 1].revents != 0) {
                read_some(sources_[i]);
            }
        }
        stopping = stopping || polled[0].revents != 0;
    }
    for (source const& one : sources_) {
        if (one.pipe.is_open()) {
            one.deliver({});
        }
    }
}

} // namespace tasker::cluster
