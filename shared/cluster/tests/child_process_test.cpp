#include "tasker/cluster/child_process.hpp"

#include "owner.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

namespace tasker::cluster {
namespace {

using ::testing::HasSubstr;

deadline soon() {
    return steady_clock::now() + std::chrono::seconds{30};
}

child_options shell(std::string const& script) {
    return {.argv = {"/bin/sh", "-c", script}};
}

TEST(RunProgram, GathersBothStreamsAndTheExitCode) {
    auto const done = run_program(shell("echo out; echo err >&2; exit 3"), soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->out, "out\n");
    EXPECT_EQ(done->err, "err\n");
    EXPECT_EQ(done->status, (exit_status{3, 0}));
    EXPECT_EQ(to_string(done->status), "exit code 3");
}

TEST(RunProgram, LosesNothingOfALongOutput) {
    auto const done = run_program(shell("seq 1 200000"), soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out.size(), 1'288'895);
    EXPECT_TRUE(done->out.ends_with("\n200000\n"));
}

TEST(RunProgram, PassesTheInput) {
    std::string const input(300'000, 'x');
    auto const done = run_program({.argv = {"/bin/cat"}, .input = input}, soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, input);
}

TEST(RunProgram, GivesAnEmptyInputByDefault) {
    auto const done = run_program({.argv = {"/bin/cat"}}, soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "");
}

TEST(RunProgram, SetsAndRemovesVariables) {
    child_options options = shell("echo \"$TASKER_SET ${HOME-none} ${PATH:+inherited}\"");
    options.env = {"TASKER_SET=a b", "HOME"};
    auto const done = run_program(std::move(options), soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "a b none inherited\n");
}

TEST(RunProgram, EntersTheWorkingDirectory) {
    auto const done = run_program({.argv = {"pwd"}, .directory = "/usr"}, soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "/usr\n");
}

TEST(RunProgram, DoesNotWaitForGrandchildrenThatHoldTheOutput) {
    auto const done = run_program(shell("sleep 60 & echo $!"), soon());
    ASSERT_TRUE(done) << done.error().message;
    ::kill(std::stoi(done->out), SIGKILL);
    EXPECT_TRUE(done->status.is_success());
}

TEST(RunProgram, KillsWhatIsNotReadyByTheDeadline) {
    auto const done =
        run_program(shell("exec sleep 60"), steady_clock::now() + std::chrono::milliseconds{20});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::timeout);
}

TEST(RunProgram, TellsThatThereIsNoSuchProgram) {
    for (std::string const name : {"/no/such/program", "no-such-program"}) {
        auto const done = run_program({.argv = {name}}, soon());
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, errc::not_found);
        EXPECT_THAT(done.error().message, HasSubstr(name));
    }
}

TEST(RunProgram, TellsThatAFileIsNotAProgram) {
    auto const done = run_program({.argv = {"/etc/passwd"}}, soon());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::unavailable);
    EXPECT_THAT(done.error().message, HasSubstr("Permission denied"));
}

TEST(ChildProcess, IsReapedWithTheSignalThatEndedIt) {
    auto child = child_process::start(shell("exec sleep 60"));
    ASSERT_TRUE(child);
    EXPECT_EQ(child->poll(), std::nullopt);
    child->send(SIGTERM);
    auto const status = child->wait(soon());
    ASSERT_TRUE(status);
    EXPECT_EQ(*status, (exit_status{0, SIGTERM}));
    EXPECT_EQ(to_string(*status), "signal 15 (Terminated)");
    EXPECT_EQ(child->poll(), *status);
    child->send(SIGTERM); // harmless
}

TEST(ChildProcess, IsKilledWhenItIgnoresTheRequestToStop) {
    std::promise<void> ready;
    child_options options = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
    options.out = [&ready, first = true](std::string_view) mutable {
        if (std::exchange(first, false)) {
            ready.set_value();
        }
    };
    auto child = child_process::start(std::move(options));
    ASSERT_TRUE(child);
    ready.get_future().wait();
    EXPECT_EQ(child->stop(steady_clock::now() + std::chrono::milliseconds{20}),
              (exit_status{0, SIGKILL}));
}

TEST(ChildProcess, IsKilledByTheDestructor) {
    pid_t pid = 0;
    {
        auto const child = child_process::start(shell("exec sleep 60"));
        ASSERT_TRUE(child);
        pid = child->pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1); // also reaped: no zombie
}

TEST(ChildProcess, HasAReadableHandleOnceItHasEnded) {
    auto child = child_process::start(shell("exit 0"));
    ASSERT_TRUE(child);
    pollfd polled{child->native_handle(), POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 30'000), 1);
    EXPECT_TRUE(child->poll().has_value());
}

TEST(ChildProcess, AppendsToAFile) {
    std::filesystem::path const file =
        std::filesystem::temp_directory_path() / ("tasker-out-" + std::to_string(::getpid()));
    for (int i = 0; i < 2; ++i) {
        child_options options = shell("echo one; echo two >&2");
        options.out = file;
        options.err = file;
        auto child = child_process::start(std::move(options));
        ASSERT_TRUE(child);
        ASSERT_TRUE(child->wait(soon()));
    }
    std::string const text{std::istreambuf_iterator{std::ifstream{file}.rdbuf()}, {}};
    std::filesystem::remove(file);
    EXPECT_EQ(text, "one\ntwo\none\ntwo\n");
}

TEST(ChildProcess, HasItsOwnProcessGroup) {
    auto child = child_process::start(shell("exec sleep 60"));
    ASSERT_TRUE(child);
    EXPECT_EQ(::getpgid(child->pid()), child->pid());
}

TEST(ChildProcess, OutlivesTheThreadThatStartedIt) {
    std::optional<child_process> child;
    std::thread{[&] {
        child = std::move(child_process::start(shell("exec sleep 60")).value());
    }}.join();
    EXPECT_FALSE(child->wait(steady_clock::now() + std::chrono::milliseconds{50}));
}

TEST(ChildProcess, EndsWithItsOwnerEvenIfThatIsKilled) {
    owner killed;
    int const handle = static_cast<int>(::syscall(SYS_pidfd_open, killed.owned(), 0));
    ASSERT_GE(handle, 0);
    killed.kill();
    pollfd polled{handle, POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 30'000), 1);
    ::close(handle);
}

TEST(ChildProcess, LivesOnWhenReleased) {
    child_options options = shell("exec sleep 60");
    options.death_signal = 0;
    pid_t pid = 0;
    {
        auto child = child_process::start(std::move(options));
        ASSERT_TRUE(child);
        pid = child->pid();
        EXPECT_EQ(::getsid(pid), pid);
        child->release();
    }
    EXPECT_EQ(::kill(pid, 0), 0);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

} // namespace
} // namespace tasker::cluster
