#pragma once

#include "tasker/cluster/child_process.hpp"

#include <optional>
#include <string>

namespace tasker::cluster {

/// A process that owns another one (tests/owner), for killing it.
class owner {
public:
    /// Without a folder it owns a child, with one a cluster.
    explicit owner(std::optional<std::string> folder = {});

    /// The process that it owns.
    pid_t owned() const noexcept {
        return owned_;
    }

    /// Kills it and waits until it is gone.
    void kill();

private:
    std::optional<child_process> process_;
    pid_t owned_ = 0;
};

} // namespace tasker::cluster
