#pragma once

#include "tasker/process/child_process.hpp"

#include "tasker/base/time.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::testing {

/// The path of a program of this build: it is next to the test.
std::filesystem::path program_path(std::string_view name);

/// A running tasker-orchestrator or tasker-worker.
///
/// Lifetime: the destructor ends it: SIGTERM, and SIGKILL after ten seconds.
/// Threads: one thread at a time.
/// Errors: throws std::runtime_error, with all that the program has printed.
class service {
public:
    /// Starts it on a free port and returns once it has written its `--ready-file`.
    /// `env`: as in process::child_options.
    service(std::string_view program, std::vector<std::string> args,
            std::vector<std::string> env = {});
    service(service&&) noexcept;
    service& operator=(service&&) noexcept;
    ~service();

    /// "127.0.0.1:PORT"
    std::string const& address() const noexcept;

    process::child_process& process() noexcept;

    /// SIGTERM, then waits for the end.
    process::exit_status stop();
    /// SIGKILL, then waits for the end.
    void kill();

    /// All it has printed by now, on both streams.
    std::string log() const;

    /// Waits until it has printed `text`. False if the deadline passes, or the program ends first.
    bool wait_for_log(deadline until, std::string_view text);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace tasker::testing
