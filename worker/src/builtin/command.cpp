#include "builtin/command.hpp"

#include "tasker/base/time.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::size_t kept_of_errors = 4'096;
/// How long to read the rest of the pipes once the process has ended: its children may hold them
/// open.
constexpr std::chrono::milliseconds drain_limit{200};

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int number) : number_{number} {}
    descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}

    descriptor& operator=(descriptor&& other) noexcept {
        close();
        number_ = std::exchange(other.number_, -1);
        return *this;
    }

    ~descriptor() {
        close();
    }

    void close() {
        if (number_ >= 0) {
            ::close(std::exchange(number_, -1));
        }
    }

    int get() const {
        return number_;
    }

    bool is_open() const {
        return number_ >= 0;
    }

private:
    int number_ = -1;
};

struct pipe_ends {
    descriptor read;
    descriptor write;
};

error system_failure(std::string const& action, int number) {
    return make_error(errc::unavailable, action + ": " + std::strerror(number));
}

result<pipe_ends> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return system_failure("pipe", errno);
    }
    return pipe_ends{descriptor{ends[0]}, descriptor{ends[1]}};
}

std::vector<char*> pointers(std::vector<std::string> const& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto const& each : texts) {
        all.push_back(const_cast<char*>(each.c_str()));
    }
    all.push_back(nullptr);
    return all;
}

/// The file actions and attributes of posix_spawn.
class spawn_setup {
public:
    spawn_setup() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }

    spawn_setup(spawn_setup const&) = delete;
    spawn_setup& operator=(spawn_setup const&) = delete;

    ~spawn_setup() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    /// Returns the process id, or a negative errno.
    pid_t spawn(command const& command, int in, int out, int err) {
        posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
        // Do not pass on the worker's sockets.
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        if (!command.folder.empty()) {
            posix_spawn_file_actions_addchdir_np(&actions_, command.folder.c_str());
        }
        // The pool's threads block all signals; a program expects them unblocked.
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETPGROUP);
        auto const argv = pointers(command.argv);
        auto const environment = pointers(command.environment);
        pid_t process = 0;
        auto const failure = posix_spawnp(&process, argv[0], &actions_, &attributes_, argv.data(),
                                          environment.data());
        return failure == 0 ? process : -failure;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// Like write(2), but a missing reader is only an error: SIGPIPE, which would end the worker, is
/// blocked and consumed.
ssize_t write_unsignalled(int to, std::string_view bytes) {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    auto const count = write(to, bytes.data(), bytes.size());
    int const failure = errno;
    if (count < 0 && failure == EPIPE) {
        timespec const at_once{};
        sigtimedwait(&broken_pipe, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = failure;
    return count;
}

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

/// One run of a command: its pipes and its output.
class running_command {
public:
    running_command(command const& command, pid_t process, descriptor in, descriptor out,
                    descriptor err, descriptor stop_event)
        : command_{command},
          process_{process},
          in_{std::move(in)},
          out_{std::move(out)},
          err_{std::move(err)},
          stop_event_{std::move(stop_event)},
          ended_{static_cast<int>(syscall(SYS_pidfd_open, process, 0))} {
        for (auto const* const each : {&in_, &out_, &err_}) {
            fcntl(each->get(), F_SETFL, O_NONBLOCK);
        }
    }

    command_outcome run() {
        while (!wait_is_over()) {
            step();
        }
        kill(-process_, SIGKILL);
        running_groups::all().remove(process_);
        int status = 0;
        while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFEXITED(status)) {
            outcome_.exit_code = WEXITSTATUS(status);
        } else {
            outcome_.signal = WTERMSIG(status);
        }
        return std::move(outcome_);
    }

private:
    bool wait_is_over() const {
        auto const is_drained = !out_.is_open() && !err_.is_open();
        return !ended_.is_open() && (is_drained || steady_clock::now() >= limit_);
    }

    /// Waits for the next event and handles it.
    void step() {
        std::array<pollfd, 5> waits{{{in_.get(), POLLOUT, 0},
                                     {out_.get(), POLLIN, 0},
                                     {err_.get(), POLLIN, 0},
                                     {outcome_.was_stopped ? -1 : stop_event_.get(), POLLIN, 0},
                                     {ended_.get(), POLLIN, 0}}};
        if (poll(waits.data(), waits.size(), timeout_ms()) < 0 && errno != EINTR) {
            kill(-process_, SIGKILL);
        }
        if (waits[0].revents != 0) {
            write_input();
        }
        if (waits[1].revents != 0) {
            read_output();
        }
        if (waits[2].revents != 0) {
            read_errors();
        }
        if (waits[3].revents != 0) {
            outcome_.was_stopped = true;
            terminate();
        }
        if (waits[4].revents != 0) {
            ended_.close();
            in_.close();
            limit_ = steady_clock::now() + drain_limit;
        } else if (ended_.is_open() && steady_clock::now() >= limit_) {
            kill(-process_, SIGKILL);
            limit_ = deadline::max();
        }
    }

    int timeout_ms() const {
        if (limit_ == deadline::max()) {
            return -1;
        }
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(limit_ - steady_clock::now()).count();
        return static_cast<int>(std::max<std::int64_t>(left, 0));
    }

    void terminate() {
        if (ended_.is_open() && limit_ == deadline::max()) {
            kill(-process_, SIGTERM);
            limit_ = steady_clock::now() + command_.kill_after;
        }
    }

    void write_input() {
        auto const rest = std::string_view{command_.input}.substr(written_);
        auto const count = write_unsignalled(in_.get(), rest);
        if (count >= 0) {
            written_ += static_cast<std::size_t>(count);
        }
        // A command need not read its stdin.
        if (written_ == command_.input.size() || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            in_.close();
        }
    }

    void read_output() {
        read_some(out_, outcome_.output);
        if (outcome_.output.size() > command_.max_output_bytes) {
            outcome_.output.resize(command_.max_output_bytes);
            outcome_.has_too_much_output = true;
            out_.close();
            terminate();
        }
    }

    void read_errors() {
        auto& kept = outcome_.last_of_errors;
        read_some(err_, kept);
        if (kept.size() > kept_of_errors) {
            kept.erase(0, kept.size() - kept_of_errors);
        }
    }

    static void read_some(descriptor& from, std::string& into) {
        std::array<char, 64U << 10U> buffer; // NOLINT: filled by read
        auto const count = read(from.get(), buffer.data(), buffer.size());
        if (count > 0) {
            into.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
            from.close();
        }
    }

    command const& command_;
    pid_t process_;
    descriptor in_;
    descriptor out_;
    descriptor err_;
    descriptor stop_event_;
    descriptor ended_; ///< readable once the process has ended; closed then
    deadline limit_ =
        deadline::max(); ///< until SIGKILL after SIGTERM; or of draining after its end
    std::size_t written_ = 0;
    command_outcome outcome_;
};

} // namespace

result<command_outcome> run_command(command const& command, std::stop_token const& stop) {
    auto in = make_pipe();
    auto out = make_pipe();
    auto err = make_pipe();
    descriptor stop_event{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!in || !out || !err || !stop_event.is_open()) {
        return system_failure("cannot make pipes", errno);
    }
    auto const process =
        spawn_setup{}.spawn(command, in->read.get(), out->write.get(), err->write.get());
    if (process < 0) {
        return system_failure("cannot start \"" + command.argv.front() + '"', -process);
    }
    running_groups::all().add(process, stop);
    in->read.close();
    out->write.close();
    err->write.close();
    auto const event = stop_event.get();
    running_command run{command,
                        process,
                        std::move(in->write),
                        std::move(out->read),
                        std::move(err->read),
                        std::move(stop_event)};
    std::stop_callback const wake{stop, [event] { eventfd_write(event, 1); }};
    return run.run();
}

void kill_stopped_commands() {
    running_groups::all().kill_stopped();
}

} // namespace tasker::worker
