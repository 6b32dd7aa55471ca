#include "spawn.hpp"

#include "tasker/base/assert.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <system_error>

extern char** environ; // NOLINT(readability-redundant-declaration): only unistd.h's GNU part has it

namespace tasker::process {

namespace {

/// argv or envp: the strings and the array that points into them.
class pointer_list {
public:
    explicit pointer_list(std::vector<std::string> strings) : strings_{std::move(strings)} {
        pointers_.reserve(strings_.size() + 1);
        for (std::string& string : strings_) {
            pointers_.push_back(string.data());
        }
        pointers_.push_back(nullptr);
    }
    pointer_list(pointer_list const&) = delete;
    pointer_list& operator=(pointer_list const&) = delete;

    char* const* data() const noexcept {
        return pointers_.data();
    }

private:
    std::vector<std::string> strings_;
    std::vector<char*> pointers_;
};

std::vector<std::string> make_environment(child_options const& options) {
    std::map<std::string, std::string, std::less<>> variables;
    for (char** entry = environ; options.inherits_environment && *entry != nullptr; ++entry) {
        std::string const text = *entry;
        auto const equals = text.find('=');
        if (equals != std::string::npos) {
            variables[text.substr(0, equals)] = text;
        }
    }
    for (std::string const& change : options.env) {
        auto const equals = change.find('=');
        if (equals == std::string::npos) {
            variables.erase(change);
        } else {
            variables[change.substr(0, equals)] = change;
        }
    }
    std::vector<std::string> merged;
    merged.reserve(variables.size());
    for (auto& [name, text] : variables) {
        merged.push_back(std::move(text));
    }
    return merged;
}

result<std::string> find_program(std::string const& program) {
    if (program.find('/') != std::string::npos) {
        return program;
    }
    char const* const path =
        std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): no thread sets it
    std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    std::error_code ignored;
    for (std::size_t begin = 0; begin <= folders.size();) {
        std::size_t const end = std::min(folders.find(':', begin), folders.size());
        std::string const folder = end == begin ? "." : folders.substr(begin, end - begin);
        // Absolute, because the child may change its directory before it runs the program.
        auto const candidate = std::filesystem::absolute(folder, ignored) / program;
        if (std::filesystem::is_regular_file(candidate, ignored) &&
            ::access(candidate.c_str(), X_OK) == 0) {
            return candidate.string();
        }
        begin = end + 1;
    }
    return make_error(errc::not_found, "no program \"" + program + "\" in PATH");
}

/// All data that the child needs between vfork and exec, where it shares this process's memory and
/// so must not allocate or change anything.
struct prepared {
    std::string program;
    pointer_list argv;
    pointer_list envp;
    child_options const& options;
    standard_streams streams;
    pid_t parent;
    int report; ///< receives an errno if the program cannot run
};

enum class stage : int { streams, descriptors, identity, directory, death_signal, exec };

char const* describe(stage at) {
    switch (at) {
    case stage::streams:
        return "could not set up the standard streams of";
    case stage::descriptors:
        return "could not close the descriptors of";
    case stage::identity:
        return "could not change the user of";
    case stage::directory:
        return "could not enter the working directory of";
    case stage::death_signal:
        return "the owner ended while starting";
    case stage::exec:
        break;
    }
    return "could not run";
}

struct failure_report {
    stage at;
    int number;
};

[[noreturn]] void give_up(prepared const& setup, stage at) {
    failure_report const report{at, errno};
    // If this write fails, there is no way to report it.
    [[maybe_unused]] auto const written = ::write(setup.report, &report, sizeof report);
    ::_exit(127);
}

void become(prepared const& setup, identity user) {
    // glibc's functions would change the user of this process's other threads as well.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setgid, user.gid) != 0 ||
        ::syscall(SYS_setuid, user.uid) != 0) {
        give_up(setup, stage::identity);
    }
}

/// Keeps all descriptors but 0, 1 and 2 from the program.
bool close_others_on_exec() {
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return true;
    }
    // Before Linux 5.11. Counting up to the limit could take minutes: it may be 2^30.
    int const folder = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    alignas(dirent64) char entries[4096];
    for (;;) {
        long const got = ::syscall(SYS_getdents64, folder, entries, sizeof entries);
        if (got <= 0) {
            return got == 0;
        }
        for (long at = 0; at < got;) {
            auto const* const entry = reinterpret_cast<dirent64 const*>(entries + at);
            int number = 0; // stays 0 for "." and ".."
            for (char const* c = entry->d_name; *c >= '0' && *c <= '9'; ++c) {
                number = number * 10 + (*c - '0');
            }
            if (number > 2) {
                ::fcntl(number, F_SETFD, FD_CLOEXEC);
            }
            at += entry->d_reclen;
        }
    }
}

/// In the child: only system calls.
[[noreturn]] void execute(prepared const& setup) {
    bool const outlives = setup.options.death_signal == 0;
    if (outlives) {
        ::setsid();
    } else {
        ::setpgid(0, 0);
    }
    // Before a signal can arrive: a handler of this process must not run in the child.
    struct sigaction standard {};
    for (int signal = 1; signal < NSIG; ++signal) {
        ::sigaction(signal, &standard, nullptr);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::dup2(setup.streams.in, 0) < 0 || ::dup2(setup.streams.out, 1) < 0 ||
        ::dup2(setup.streams.err, 2) < 0) {
        give_up(setup, stage::streams);
    }
    if (!close_others_on_exec()) {
        give_up(setup, stage::descriptors);
    }
    if (setup.options.run_as) {
        become(setup, *setup.options.run_as);
    }
    if (!setup.options.directory.empty() && ::chdir(setup.options.directory.c_str()) != 0) {
        give_up(setup, stage::directory);
    }
    // After the change of user, which clears it.
    if (!outlives) {
        ::prctl(PR_SET_PDEATHSIG, setup.options.death_signal);
        if (::getppid() != setup.parent) {
            give_up(setup, stage::death_signal);
        }
    }
    ::execve(setup.program.c_str(), setup.argv.data(), setup.envp.data());
    give_up(setup, stage::exec);
}

/// The system keeps the exit status of children only if SIGCHLD is not ignored; a program may
/// inherit that it is.
void keep_exit_statuses() {
    struct sigaction current {};
    ::sigaction(SIGCHLD, nullptr, &current);
    if (current.sa_handler == SIG_IGN) {
        struct sigaction const standard{};
        ::sigaction(SIGCHLD, &standard, nullptr);
    }
}

/// Blocks all signals of this thread.
class blocked_signals {
public:
    blocked_signals() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    blocked_signals(blocked_signals const&) = delete;
    blocked_signals& operator=(blocked_signals const&) = delete;
    ~blocked_signals() {
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t before_;
};

result<spawned> start(prepared const& setup, descriptor report_in, descriptor report_out) {
    keep_exit_statuses();
    // A handler of this process must not run in the child, which shares its memory.
    blocked_signals const blocked;
    // Unlike fork, it does not copy the page tables of a large worker.
    // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,bugprone-unsafe-functions)
    pid_t const pid = ::vfork();
    if (pid == 0) {
        execute(setup);
    }
    if (pid < 0) {
        return system_failure("could not create a process");
    }
    report_out.close();
    failure_report report{};
    ssize_t got = 0;
    do {
        got = ::read(report_in.number(), &report, sizeof report);
    } while (got < 0 && errno == EINTR);
    if (got != 0) {
        ::waitpid(pid, nullptr, 0);
        return system_failure(std::string{describe(report.at)} + " " + setup.program,
                              report.number);
    }
    descriptor handle = open_process(pid);
    if (!handle.is_open()) {
        int const number = errno;
        ::kill(-pid, SIGKILL);
        ::kill(pid, SIGKILL); // it may have left its group
        ::waitpid(pid, nullptr, 0);
        return system_failure("could not open a handle of " + setup.program, number);
    }
    return spawned{pid, std::move(handle)};
}

} // namespace

result<spawned> spawn(child_options const& options, standard_streams streams) {
    TASKER_ASSERT(!options.argv.empty());
    result<std::string> program = find_program(options.argv.front());
    if (!program) {
        return program.error();
    }
    int pipe_ends[2];
    if (::pipe2(pipe_ends, O_CLOEXEC) != 0) {
        return system_failure("could not create a pipe");
    }
    descriptor report_in{pipe_ends[0]};
    descriptor report_out{pipe_ends[1]};
    prepared const setup{std::move(*program),
                         pointer_list{options.argv},
                         pointer_list{make_environment(options)},
                         options,
                         streams,
                         ::getpid(),
                         report_out.number()};
    // Never destroyed: a forked child that exits would wait for a thread that it does not have.
    static auto& starter = *new boost::asio::thread_pool{1};
    std::packaged_task<result<spawned>()> work{
        [&] { return start(setup, std::move(report_in), std::move(report_out)); }};
    std::future<result<spawned>> started = work.get_future();
    boost::asio::post(starter, std::move(work));
    return started.get();
}

} // namespace tasker::process
