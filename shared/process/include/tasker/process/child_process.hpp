#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tasker::process {

/// A user to run a program as.
struct identity {
    uid_t uid;
    gid_t gid;

    bool operator==(identity const&) const = default;
};

struct exit_status {
    /// The code if another part of this process took the status, for example with wait(2).
    static constexpr int unknown = -1;

    int code;   ///< what the program returned; 0 if a signal ended it
    int signal; ///< the signal that ended it; 0 if it returned

    bool is_success() const noexcept {
        return code == 0 && signal == 0;
    }
    bool operator==(exit_status const&) const = default;
};

/// "exit code 3", "an unknown exit code" or "signal 9 (Killed)".
std::string to_string(exit_status status);

struct inherited {}; ///< the stream of this process
struct discarded {}; ///< /dev/null

/// The destination of a child's output. A path: appended to that file, which this process (not the
/// child's user) opens. A function: called with each piece, and with an empty one at the end, on a
/// separate thread.
using output = std::variant<inherited, discarded, std::filesystem::path,
                            std::function<void(std::string_view)>>;

struct child_options {
    /// The program and its arguments. A program without '/' is searched for in PATH.
    std::vector<std::string> argv;
    /// "NAME=value" sets, "NAME" removes; everything else is inherited.
    std::vector<std::string> env = {};
    bool inherits_environment = true; ///< false: `env` is the complete environment
    /// Working directory; empty: the one of this process.
    std::filesystem::path directory = {};
    /// Another user, without supplementary groups; only root may set it.
    std::optional<identity> run_as = {};
    /// Its complete standard input.
    std::string input = {};
    output out = inherited{};
    output err = inherited{};
    /// Sent to the child when this process ends in any way. 0: the child keeps running.
    int death_signal = SIGKILL;
};

/// A running program.
///
/// It has its own process group (its own session if it may outlive this process), so that Ctrl-C in
/// the terminal reaches only this process. It inherits only descriptors 0, 1 and 2. No signal is
/// blocked or ignored.
///
/// If SIGCHLD is ignored, start() sets it to its default: the system would keep no exit status.
///
/// Lifetime: the destructor kills a child that still runs, and waits for its end.
/// Threads: start() from any thread, but not in a fork of a process that has called it; one thread
/// at a time for everything else.
/// Errors: errc::not_found (no such program or working directory), errc::invalid_argument (the
/// system cannot run it), errc::unavailable (the system refused; it may succeed later),
/// errc::timeout.
class child_process {
public:
    /// Returns once the program itself runs.
    static result<child_process> start(child_options const& options);

    child_process(child_process&&) noexcept;
    child_process& operator=(child_process&&) noexcept;
    ~child_process();

    pid_t pid() const noexcept;

    /// A descriptor that is readable once the child has ended, for poll or Asio. This object keeps
    /// owning it.
    int native_handle() const noexcept;

    /// Does nothing once the child has ended.
    void send(int signal) noexcept;

    /// To all processes of its group. REQUIRES: its end has not been returned.
    void send_to_group(int signal) noexcept;

    /// Reads its output to the end, but not after the deadline: its children may hold it open.
    /// REQUIRES: the child has ended.
    void read_rest(deadline until);

    /// Whether it has ended. Does not wait.
    std::optional<exit_status> poll();

    /// Waits for its end, and until its last output was delivered.
    /// Errors: errc::timeout; the child still runs.
    result<exit_status> wait(deadline until);

    /// Asks it to end (`signal`), and kills it when the deadline passes.
    exit_status stop(deadline until, int signal = SIGTERM);

    /// Lets it outlive this object. REQUIRES: its output goes to no function.
    void release() noexcept;

private:
    struct state;
    explicit child_process(std::unique_ptr<state> started) noexcept;

    std::unique_ptr<state> state_;
};

struct completed {
    exit_status status;
    std::string out;
    std::string err;
};

/// Runs a program to its end and collects its output; `out` and `err` of the options are ignored.
/// Errors: as child_process; after errc::timeout it has been killed.
result<completed> run_program(child_options options, deadline until);

} // namespace tasker::process
