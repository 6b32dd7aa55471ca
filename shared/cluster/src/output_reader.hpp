#pragma once

#include "descriptor.hpp"

#include "tasker/base/error.hpp"

#include <functional>
#include <string_view>
#include <thread>
#include <vector>

namespace tasker::cluster {

/// Delivers the output of pipes on a separate thread; an empty piece at a pipe's end.
class output_reader {
public:
    using callback = std::function<void(std::string_view)>;

    output_reader() = default;
    output_reader(output_reader const&) = delete;
    output_reader& operator=(output_reader const&) = delete;
    ~output_reader();

    /// Creates a pipe whose output goes to `deliver`, and returns its writing end.
    /// REQUIRES: not started.
    result<descriptor> add(callback deliver);

    void start();
    bool is_needed() const noexcept {
        return !sources_.empty();
    }

    /// Delivers the current contents of the pipes and ends, without waiting for later output of
    /// grandchildren.
    void finish();

private:
    struct source {
        descriptor pipe;
        callback deliver;
    };
    void read_all();
    /// Closes the pipe at its end.
    static void read_some(source& from);

    std::vector<source> sources_;
    descriptor stop_;
    std::thread thread_;
};

} // namespace tasker::cluster
