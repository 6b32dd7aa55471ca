#include "builtin/command.hpp"

#include "tasker/process/child_process.hpp"
#include "tasker/process/descriptor.hpp"

#include "tasker/base/time.hpp"

#include <csignal>
#include <map>
#include <mutex>
#include <string_view>
#include <sys/eventfd.h>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::size_t kept_of_errors = 4'096;
/// How long to read the rest of the output once the process has ended: its children may hold the
/// pipes open.
constexpr std::chrono::milliseconds drain_limit{200};

/// The started commands that have not been reaped.
class running_groups {
public:
    void add(pid_t group, std::stop_token stop) {
        std::lock_guard const lock{mutex_};
        groups_.emplace(group, std::move(stop));
    }

    /// REQUIRES: the process is not reaped yet, so no other process can have its id.
    void remove(pid_t group) {
        std::lock_guard const lock{mutex_};
        groups_.erase(group);
    }

    void kill_stopped() {
        std::lock_guard const lock{mutex_};
        for (auto const& [group, stop] : groups_) {
            if (stop.stop_requested()) {
                kill(-group, SIGKILL);
            }
        }
    }

    static running_groups& all() {
        static running_groups groups;
        return groups;
    }

private:
    std::mutex mutex_;
    std::map<pid_t, std::stop_token> groups_;
};

/// The output of a command. Another thread writes it until the command is over.
struct collected {
    std::size_t max_bytes;
    int wake; ///< an eventfd to signal when the output is too long
    std::string output = {};
    std::string last_of_errors = {};
    bool has_too_much_output = false;

    void add_output(std::string_view piece) {
        output += piece.substr(0, max_bytes - output.size() + 1);
        if (output.size() > max_bytes) {
            output.pop_back();
            has_too_much_output = true;
            eventfd_write(wake, 1);
        }
    }

    void add_errors(std::string_view piece) {
        last_of_errors += piece;
        if (last_of_errors.size() > kept_of_errors) {
            last_of_errors.erase(0, last_of_errors.size() - kept_of_errors);
        }
    }
};

/// Waits until the command has ended; when `wake` is signalled before, stops it and returns true.
bool wait_or_stop(process::child_process& child, int wake, std::chrono::milliseconds kill_after) {
    auto const ended = child.native_handle();
    if (process::wait_readable({ended, wake}, deadline::max()) == ended) {
        return false;
    }
    child.send_to_group(SIGTERM);
    if (!process::wait_readable({ended}, steady_clock::now() + kill_after)) {
        child.send_to_group(SIGKILL);
        process::wait_readable({ended}, deadline::max());
    }
    return true;
}

} // namespace

result<command_outcome> run_command(command const& command, std::stop_token const& stop) {
    process::descriptor const wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake.is_open()) {
        return process::system_failure("cannot create an eventfd");
    }
    collected read{.max_bytes = command.max_output_bytes, .wake = wake.number()};
    auto child = process::child_process::start(
        {.argv = command.argv,
         .env = command.environment,
         .inherits_environment = false,
         .directory = command.folder,
         .input = command.input,
         .out = [&read](std::string_view piece) { read.add_output(piece); },
         .err = [&read](std::string_view piece) { read.add_errors(piece); }});
    if (!child) {
        return child.error();
    }
    running_groups::all().add(child->pid(), stop);
    std::stop_callback const on_stop{stop, [&wake] { eventfd_write(wake.number(), 1); }};
    bool const was_stopped =
        wait_or_stop(*child, wake.number(), command.kill_after) && stop.stop_requested();
    child->read_rest(steady_clock::now() + drain_limit);
    child->send_to_group(SIGKILL);
    running_groups::all().remove(child->pid());
    auto const status = child->wait(deadline::max()).value();
    return command_outcome{.status = status,
                           .output = std::move(read.output),
                           .last_of_errors = std::move(read.last_of_errors),
                           .has_too_much_output = read.has_too_much_output,
                           .was_stopped = was_stopped};
}

void kill_stopped_commands() {
    running_groups::all().kill_stopped();
}

} // namespace tasker::worker
