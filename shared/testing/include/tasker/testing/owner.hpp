#pragma once

#include "tasker/process/child_process.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace tasker::testing {

/// A program of this build that starts a process, prints its id and waits, to be killed.
class owner {
public:
    /// Returns once it has printed the id.
    explicit owner(std::string_view program, std::vector<std::string> args = {});

    /// The process that it started.
    pid_t owned() const noexcept {
        return owned_;
    }

    /// Kills the program and waits for its end.
    void kill();

private:
    process::child_process process_;
    pid_t owned_;
};

} // namespace tasker::testing
