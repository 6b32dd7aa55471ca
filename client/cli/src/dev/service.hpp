#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/process/child_process.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tasker::cli {

struct service_options {
    std::string name;              ///< for people: "orchestrator"
    std::vector<std::string> argv; ///< --listen and --ready-file are added
    std::vector<std::string> env = {};
    std::string listen;               ///< "127.0.0.1:0"; a restart uses the same port again
    std::filesystem::path ready_file; ///< the program writes its address there when it listens
    std::filesystem::path log;        ///< receives its output
    bool shows_log = false;           ///< also copy the output to stderr, each line with its name
};

/// A program that is kept running, up to a limit.
/// Threads: one at a time.
class service {
public:
    explicit service(service_options options);

    /// Returns once it listens.
    /// Errors: errc::not_found (no such program), errc::unavailable with the end of its log if it
    /// ended, errc::timeout, errc::cancelled if `is_cancelled` returns true.
    result<void> start(deadline until, std::function<bool()> const& is_cancelled);

    /// Starts it again after it ended, unless it ended too often recently.
    /// Errors: as start(); errc::conflict if it ended too often.
    result<void> start_again(deadline until, std::function<bool()> const& is_cancelled);

    /// How it ended; none while it runs.
    std::optional<process::exit_status> poll();

    /// Asks it to end, and kills it at the deadline or when `is_impatient` returns true.
    void stop(deadline until, std::function<bool()> const& is_impatient);

    std::string const& name() const noexcept;
    std::string const& address() const noexcept; ///< "127.0.0.1:8080"
    int native_handle() const noexcept;          ///< readable once it has ended; -1 if not running

private:
    process::output log_output() const;
    std::string last_words() const;

    service_options options_;
    std::optional<process::child_process> child_;
    std::string address_;
    std::deque<steady_clock::time_point> restarts_;
};

} // namespace tasker::cli
