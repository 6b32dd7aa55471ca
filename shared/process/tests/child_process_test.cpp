#include "tasker/process/child_process.hpp"

#include "tasker/process/descriptor.hpp"

#include "tasker/testing/owner.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <thread>

namespace tasker::process {
namespace {

using tasker::testing::owner;
using tasker::testing::soon;
using ::testing::HasSubstr;

child_options shell(std::string const& script) {
    return {.argv = {"/bin/sh", "-c", script}};
}

TEST(RunProgram, ReturnsBothStreamsAndTheExitCode) {
    auto const done = run_program(shell("echo out; echo err >&2; exit 3"), soon());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->out, "out\n");
    EXPECT_EQ(done->err, "err\n");
    EXPECT_EQ(done->status, (exit_status{3, 0}));
    EXPECT_EQ(to_string(done->status), "exit code 3");
}

TEST(RunProgram, ReturnsALongOutputCompletely) {
    auto const done = run_program(shell("seq 1 200000"), soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out.size(), 1'288'895);
    EXPECT_TRUE(done->out.ends_with("\n200000\n"));
}

TEST(RunProgram, PassesItsInput) {
    std::string const input(300'000, 'x');
    auto const done = run_program({.argv = {"/bin/cat"}, .input = input}, soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, input);
}

TEST(RunProgram, HasAnEmptyInputByDefault) {
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

TEST(RunProgram, InheritsNoVariableIfItsEnvironmentIsComplete) {
    auto const done = run_program(
        {.argv = {"/usr/bin/env"}, .env = {"A=1"}, .inherits_environment = false}, soon());
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "A=1\n");
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

TEST(RunProgram, DoesNotWaitForGrandchildrenThatWriteOn) {
    auto const done = run_program(shell("yes & echo $! >&2"), soon());
    ASSERT_TRUE(done) << done.error().message;
    ::kill(std::stoi(done->err), SIGKILL);
    EXPECT_TRUE(done->status.is_success());
}

TEST(RunProgram, IgnoresAndBlocksNoSignal) {
    auto const before = std::signal(SIGUSR1, SIG_IGN);
    auto const done = run_program({.argv = {"grep", "Sig[BI]", "/proc/self/status"}}, soon());
    std::signal(SIGUSR1, before);
    ASSERT_TRUE(done);
    unsigned long long blocked = 1;
    unsigned long long ignored = 1;
    ASSERT_EQ(std::sscanf(done->out.c_str(), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
    EXPECT_EQ(blocked, 0U);
    // Signals 32 and 33 belong to the C library, which lets no program change them.
    EXPECT_EQ(ignored & ~0x1'8000'0000ULL, 0U);
}

TEST(RunProgram, ReportsThatThereIsNoSuchDirectory) {
    auto const done = run_program({.argv = {"pwd"}, .directory = "/no/such/folder"}, soon());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::not_found);
    EXPECT_THAT(done.error().message, HasSubstr("could not enter the working directory of"));
}

TEST(RunProgram, KillsTheProgramAtTheDeadline) {
    auto const done =
        run_program(shell("exec sleep 60"), steady_clock::now() + std::chrono::milliseconds{20});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::timeout);
}

TEST(RunProgram, ReportsThatThereIsNoSuchProgram) {
    for (std::string const name : {"/no/such/program", "no-such-program"}) {
        auto const done = run_program({.argv = {name}}, soon());
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, errc::not_found);
        EXPECT_THAT(done.error().message, HasSubstr(name));
    }
}

TEST(RunProgram, SearchesPathForAFileAndTakesAnEmptyEntryAsThisFolder) {
    testing::temporary_folder const folder;
    std::filesystem::create_directories(folder / "first" / "tool");
    std::filesystem::create_directory(folder / "second");
    std::ofstream{folder / "second" / "tool"} << "#!/bin/sh\necho found\n";
    std::filesystem::permissions(folder / "second" / "tool", std::filesystem::perms::owner_all);
    std::string const path = std::getenv("PATH");
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(folder / "second");
    std::string const first = folder / "first";
    for (std::string const& searched : {first + ":" + (folder / "second").string(), first + ":"}) {
        ::setenv("PATH", searched.c_str(), 1);
        auto const done = run_program({.argv = {"tool"}, .directory = "/"}, soon());
        EXPECT_TRUE(done) << searched << ": " << done.error().message;
        EXPECT_EQ(done ? done->out : "", "found\n") << searched;
    }
    ::setenv("PATH", path.c_str(), 1);
    std::filesystem::current_path(before);
}

TEST(RunProgram, ReturnsTheExitCodeEvenIfThisProcessInheritedThatSigchldIsIgnored) {
    auto const before = std::signal(SIGCHLD, SIG_IGN);
    auto const done = run_program(shell("exit 3"), soon());
    std::signal(SIGCHLD, before);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->status, (exit_status{3, 0}));
}

TEST(RunProgram, ReportsThatAFileIsNotAProgram) {
    auto const done = run_program({.argv = {"/etc/passwd"}}, soon());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::invalid_argument);
    EXPECT_THAT(done.error().message, HasSubstr("Permission denied"));
}

TEST(ChildProcess, ReturnsTheSignalThatEndedIt) {
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

TEST(ChildProcess, IsNoSuccessIfSomebodyElseTookItsExitStatus) {
    auto child = child_process::start(shell("exit 0"));
    ASSERT_TRUE(child);
    ASSERT_EQ(::waitpid(child->pid(), nullptr, 0), child->pid());
    auto const status = child->wait(soon());
    ASSERT_TRUE(status);
    EXPECT_FALSE(status->is_success());
    EXPECT_EQ(to_string(*status), "an unknown exit code");
}

TEST(ChildProcess, IsKilledWhenItIgnoresTheRequestToStop) {
    std::promise<void> ready;
    child_options options = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
    options.out = [&ready, first = true](std::string_view) mutable {
        if (std::exchange(first, false)) {
            ready.set_value();
        }
    };
    auto child = child_process::start(options);
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
        auto child = child_process::start(options);
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

TEST(ChildProcess, ReadsTheRestOfItsOutputAndKillsItsGroup) {
    std::string text;
    child_options options = shell("(sleep 0.05; echo late; exec sleep 60 >&2) & echo $!");
    options.out = [&text](std::string_view piece) { text += piece; };
    auto child = child_process::start(options);
    ASSERT_TRUE(child);
    ASSERT_TRUE(wait_readable({child->native_handle()}, soon()));
    child->read_rest(soon());
    EXPECT_THAT(text, ::testing::EndsWith("\nlate\n"));
    descriptor const grandchild = open_process(std::stoi(text));
    ASSERT_TRUE(grandchild.is_open());
    child->send_to_group(SIGKILL);
    EXPECT_TRUE(wait_readable({grandchild.number()}, soon()));
}

TEST(ChildProcess, OutlivesTheThreadThatStartedIt) {
    std::optional<child_process> child;
    std::thread{[&] { child = child_process::start(shell("exec sleep 60")).value(); }}.join();
    EXPECT_FALSE(child->wait(steady_clock::now() + std::chrono::milliseconds{50}));
}

TEST(ChildProcess, EndsWithItsOwnerEvenIfThatIsKilled) {
    owner killed{"process_test_owner"};
    descriptor const owned = open_process(killed.owned());
    ASSERT_TRUE(owned.is_open());
    killed.kill();
    EXPECT_TRUE(wait_readable({owned.number()}, soon()));
}

TEST(ChildProcess, LivesOnWhenReleased) {
    child_options options = shell("exec sleep 60");
    options.death_signal = 0;
    pid_t pid = 0;
    {
        auto child = child_process::start(options);
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
} // namespace tasker::process
