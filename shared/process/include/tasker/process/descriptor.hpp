#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

namespace tasker::process {

/// Owns a file descriptor.
class descriptor {
public:
    descriptor() noexcept = default;
    explicit descriptor(int number) noexcept : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() {
        close();
    }

    int number() const noexcept {
        return number_;
    }
    bool is_open() const noexcept {
        return number_ >= 0;
    }
    void close() noexcept {
        if (is_open()) {
            ::close(std::exchange(number_, -1));
        }
    }

private:
    int number_ = -1;
};

/// A pidfd: readable once the process has ended. Not open if there is no such process.
descriptor open_process(pid_t pid) noexcept;

/// Sends a signal to the process of a pidfd; does nothing if it has ended.
void send_signal(descriptor const& process, int signal) noexcept;

/// Milliseconds until then for poll(2), rounded up; 0 if it has passed.
int poll_timeout(deadline until) noexcept;

/// Waits until one of the descriptors is readable and returns it; none if the deadline passes.
std::optional<int> wait_readable(std::initializer_list<int> descriptors, deadline until);

/// "ACTION: TEXT", with the system's text for `number`. errc::not_found: a file or folder is
/// missing; errc::invalid_argument: it cannot be used so, for example run as a program;
/// errc::unavailable: anything else, for example no free descriptor or process.
error system_failure(std::string const& action, int number = errno);

} // namespace tasker::process
