#include "tasker/process/child_process.hpp"

#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

// What a system of another age, or with few resources, refuses. Each test changes its process, so
// it runs in a new one.

namespace tasker::process {
namespace {

using tasker::testing::soon;

class RefusedCalls : public ::testing::Test {
protected:
    RefusedCalls() {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
    }
};

/// From now on the system call fails in this thread, its threads and its child processes.
bool refuse(unsigned call, unsigned error_number) {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog const filter{static_cast<unsigned short>(std::size(rules)), rules};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// Ends this process with 0, or with the problem as its output.
[[noreturn]] void end(std::string const& problem) {
    std::fputs(problem.c_str(), stderr);
    ::_exit(problem.empty() ? 0 : 1);
}

TEST_F(RefusedCalls, AChildWithoutAHandleIsKilledAndReported) {
    auto const start_one = [] {
        if (!refuse(SYS_pidfd_open, ENOSYS)) {
            end("cannot set the filter");
        }
        auto const started = child_process::start({.argv = {"/bin/sleep", "1000"}});
        if (started) {
            end("started");
        }
        end(::waitpid(-1, nullptr, 0) != -1 || started.error().code != errc::unavailable ||
                    started.error().message.find("could not open a handle of /bin/sleep: ") != 0
                ? started.error().message
                : "");
    };
    EXPECT_EXIT(start_one(), ::testing::ExitedWithCode(0), "");
}

TEST_F(RefusedCalls, NoProgramStartsIfItsOutputCannotBeRead) {
    auto const run = [] {
        if (!refuse(SYS_eventfd2, ENOSYS)) {
            end("cannot set the filter");
        }
        auto const done = run_program({.argv = {"/bin/true"}}, soon());
        end(!done && done.error().message.starts_with("could not create an eventfd: ") ? ""
                                                                                       : "it ran");
    };
    EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

struct refusal {
    unsigned call;
    int error_number;
    errc code;
};

TEST_F(RefusedCalls, OnlyAMissingResourceIsATemporaryFailure) {
    for (auto const& [call, number, code] : {
             refusal{SYS_memfd_create, EMFILE, errc::unavailable},
             refusal{SYS_memfd_create, ENFILE, errc::unavailable},
             refusal{SYS_execve, EAGAIN, errc::unavailable},
             refusal{SYS_execve, ENOMEM, errc::unavailable},
             refusal{SYS_execve, ETXTBSY, errc::unavailable},
             refusal{SYS_execve, ENOENT, errc::not_found},
             refusal{SYS_execve, ENOEXEC, errc::invalid_argument},
             refusal{SYS_execve, E2BIG, errc::invalid_argument},
         }) {
        auto const run = [&] {
            if (!refuse(call, static_cast<unsigned>(number))) {
                end("cannot set the filter");
            }
            auto const done = run_program({.argv = {"/bin/cat"}, .input = "text"}, soon());
            end(done ? "it ran" : done.error().code == code ? "" : done.error().message);
        };
        EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "") << number;
    }
}

TEST_F(RefusedCalls, AnOldSystemKeepsDescriptorsFromTheProgramToo) {
    auto const list_descriptors = [] {
        int const leaked = ::fcntl(0, F_DUPFD, 100); // above those that the shell itself opens
        if (leaked < 0 || !refuse(SYS_close_range, EINVAL)) {
            end("cannot prepare the test");
        }
        auto const listed = run_program({.argv = {"/bin/sh", "-c", "echo /proc/$$/fd/*"}}, soon());
        if (!listed) {
            end(listed.error().message);
        }
        end(listed->out.find("/fd/" + std::to_string(leaked)) != std::string::npos ||
                    listed->out.find("/fd/2") == std::string::npos
                ? listed->out
                : "");
    };
    EXPECT_EXIT(list_descriptors(), ::testing::ExitedWithCode(0), "");
}

TEST_F(RefusedCalls, AProgramRunsIfTheStandardStreamsOfItsOwnerAreClosed) {
    auto const copy = [] {
        ::close(0);
        ::close(1);
        ::close(2);
        auto const copied = run_program({.argv = {"/bin/cat"}, .input = "text"}, soon());
        auto inheriting = child_process::start({.argv = {"/bin/sh", "-c", "echo a && echo b >&2"}});
        bool const both = copied && copied->out == "text" && copied->status.is_success() &&
                          inheriting && inheriting->wait(soon()).value().is_success();
        ::_exit(both ? 0 : 1);
    };
    EXPECT_EXIT(copy(), ::testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace tasker::process
