#pragma once

#include "tasker/process/descriptor.hpp"

#include "tasker/base/error.hpp"

#include <atomic>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

namespace tasker::process {

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

    /// Waits for the end of the pipes until then, delivers their current contents and ends.
    void finish(deadline until);

private:
    struct source {
        descriptor pipe;
        callback deliver;
    };
    void read_all();
    bool is_at_end() const noexcept;
    /// Closes the pipe at its end.
    static void read_some(source& from);

    std::vector<source> sources_;
    descriptor stop_;                              ///< an eventfd; open once there is a source
    std::atomic<deadline> limit_{deadline::max()}; ///< of finish()
    std::thread thread_;
};

} // namespace tasker::process
