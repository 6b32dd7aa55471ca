#include "builtin/builtin.hpp"
#include "failure_of.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

shell_settings on() {
    shell_settings options;
    options.enabled = true;
    options.max_output_bytes = 100'000;
    return options;
}

step_result shell(json initialization, std::stop_token cancelled_by = {},
                  shell_settings const& options = on()) {
    return try_handler([&options](step_context const& step) { return run_shell(options, step); },
                       {.name = "run",
                        .context = {{"a", 1}},
                        .parents = {{"p", "x"}},
                        .initialization = std::move(initialization),
                        .cancelled_by = std::move(cancelled_by)});
}

json value_of(step_result result) {
    EXPECT_TRUE(result.is_success()) << (result.is_success() ? "" : result.failure()->message);
    return result.is_success() ? json::parse(std::move(result).json_text()) : json{};
}

TEST(ShellHandler, IsOffUnlessConfigured) {
    auto const failure = failure_of(shell({{"command", "true"}}, {}, shell_settings{}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "disabled");
}

TEST(ShellHandler, CommandReadsTheStepAsJsonAndItsJsonIsTheResult) {
    auto const value = value_of(shell({{"command", json::array({"cat"})}}));
    EXPECT_EQ(value["context"], json({{"a", 1}}));
    EXPECT_EQ(value["parents"], json({{"p", "x"}}));
    EXPECT_EQ(value["step"]["name"], "run");
}

TEST(ShellHandler, CommandReadsInputsAndHowParentsEnded) {
    auto const value =
        value_of(try_handler([](step_context const& step) { return run_shell(on(), step); },
                             {.parent_states = {{"p", "skipped"}},
                              .inputs = {{"n", 1}},
                              .initialization = {{"command", json::array({"cat"})}}}));
    EXPECT_EQ(value["parent_states"], json({{"p", "skipped"}}));
    EXPECT_EQ(value["inputs"], json({{"n", 1}}));
}

TEST(ShellHandler, OutputThatIsNotJsonIsText) {
    EXPECT_EQ(value_of(shell({{"command", "echo hello"}})), "hello");
    EXPECT_EQ(value_of(shell({{"command", "echo 12"}})), 12);
    EXPECT_EQ(value_of(shell({{"command", "echo 12"}, {"output", "text"}})), "12");
    EXPECT_EQ(failure_of(shell({{"command", "echo hello"}, {"output", "json"}})).type,
              "invalid_output");
}

TEST(ShellHandler, JsonIsNotRewritten) {
    auto const printed = [](std::string const& text, char const* output) {
        return shell({{"command", json::array({"printf", "%s", text})}, {"output", output}})
            .json_text();
    };
    auto const* const object = R"({"b":1,"a":2,"id":123456789012345678901,"p":1.10,"b":3})";
    EXPECT_EQ(printed(std::string{object} + "\n", "json"), object);
    EXPECT_EQ(printed("3.10\n", "guess"), "3.10");
    EXPECT_EQ(printed("12345678901234567890123\n", "guess"), "12345678901234567890123");
    EXPECT_EQ(printed("\xef\xbb\xbf[1E2]", "json"), "[1E2]");
    EXPECT_EQ(printed("1.2.3", "guess"), "\"1.2.3\"");
}

TEST(ShellHandler, ArgumentsAreNotExpandedByAShell) {
    EXPECT_EQ(value_of(shell({{"command", {"echo", "$HOME; ls"}}})), "$HOME; ls");
}

TEST(ShellHandler, SeesOnlyItsConfiguredEnvironment) {
    setenv("DATABASE_URL", "postgres://secret", 1);
    EXPECT_EQ(value_of(shell({{"command", "echo \"[$DATABASE_URL][$COLOUR][$TASKER_STEP]\""},
                              {"environment", {{"COLOUR", "red"}}},
                              {"output", "text"}})),
              "[][red][run]");
    unsetenv("DATABASE_URL");
}

TEST(ShellHandler, RunsInTheConfiguredFolder) {
    EXPECT_EQ(value_of(shell({{"command", "pwd"}, {"folder", "/usr"}})), "/usr");
}

TEST(ShellHandler, ExitCodeDecidesWhetherTheStepIsRetried) {
    auto failure = failure_of(shell({{"command", "echo why >&2; exit 3"}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.message, "exit code 3: why\n");
    failure = failure_of(shell({{"command", "exit 3"}, {"permanent_exit_codes", {3}}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_TRUE(failure_of(shell({{"command", "no-such-program-here"}})).permanent);
    EXPECT_TRUE(failure_of(shell({{"command", json::array({"no-such-program-here"})}})).permanent);
}

/// Lowers the number of descriptors that this process may have, while it lives.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t most) {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit const lowered{most, before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &lowered);
    }
    descriptor_limit(descriptor_limit const&) = delete;
    descriptor_limit& operator=(descriptor_limit const&) = delete;
    ~descriptor_limit() {
        setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
};

TEST(ShellHandler, CommandIsRetriedIfTheWorkerHasTooFewDescriptors) {
    json const command{{"command", json::array({"echo", "1"})}};
    ASSERT_EQ(value_of(shell(command)), 1);
    int const free = dup(0);
    close(free);
    int refused = 0;
    for (bool is_enough = false; !is_enough; ++refused) {
        auto result = [&] {
            descriptor_limit const limit{static_cast<rlim_t>(free + refused)};
            return shell(command);
        }();
        is_enough = result.is_success();
        if (!is_enough) {
            auto const failure = failure_of(std::move(result));
            EXPECT_FALSE(failure.permanent) << failure.message;
            EXPECT_EQ(failure.type, "cannot_start");
        }
        ASSERT_LT(refused, 100);
    }
    EXPECT_GT(refused, 5);
}

TEST(ShellHandler, FileThatIsNoProgramIsAPermanentFailure) {
    for (auto const* name : {"/etc/passwd", "/", "/etc/passwd/x"}) {
        auto const failure = failure_of(shell({{"command", json::array({name})}}));
        EXPECT_TRUE(failure.permanent) << failure.message;
        EXPECT_EQ(failure.type, "cannot_start");
    }
}

TEST(ShellHandler, SignalIsARetryableFailure) {
    auto const failure = failure_of(shell({{"command", "kill -9 $$"}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "signal");
}

TEST(ShellHandler, TooMuchOutputIsAPermanentFailure) {
    auto const failure = failure_of(shell({{"command", "yes"}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "output_too_large");
}

TEST(ShellHandler, LargeInputAndOutputDoNotBlockEachOther) {
    auto options = on();
    options.max_output_bytes = 4'000'000;
    std::string const large(1'000'000, 'x');
    auto result =
        try_handler([&](step_context const& step) { return run_shell(options, step); },
                    {.context = {{"large", large}}, .initialization = {{"command", "cat; cat"}}});
    EXPECT_EQ(value_of(std::move(result))["context"]["large"], large);
}

TEST(ShellHandler, CommandThatReadsNothingIsNoFailure) {
    std::string const large(1'000'000, 'x');
    auto result =
        try_handler([](step_context const& step) { return run_shell(on(), step); },
                    {.context = {{"large", large}}, .initialization = {{"command", "echo 1"}}});
    EXPECT_EQ(value_of(std::move(result)), 1);
}

TEST(ShellHandler, CancellationKillsTheWholeGroup) {
    auto const pid_file = std::filesystem::path{testing::TempDir()} / "shell_test_child";
    std::filesystem::remove(pid_file);
    std::stop_source stop;
    std::jthread const canceller{[&] {
        while (!std::filesystem::exists(pid_file)) {
            std::this_thread::yield();
        }
        stop.request_stop();
    }};
    auto options = on();
    options.kill_after_ms = 50;
    // The shell ignores SIGTERM, and has a child that would continue to sleep.
    auto const command = "trap '' TERM; sleep 1000 & echo $! > " + pid_file.string() + ".new; mv " +
                         pid_file.string() + ".new " + pid_file.string() +
                         "; wait; wait; sleep 1000";
    auto const failure = failure_of(shell({{"command", command}}, stop.get_token(), options));
    EXPECT_EQ(failure.type, "cancelled");
    pid_t child = 0;
    std::ifstream{pid_file} >> child;
    ASSERT_GT(child, 0);
    // Killed; its new parent may need a moment to reap it.
    auto const until = steady_clock::now() + 10s;
    auto const is_alive = [child] {
        std::ifstream stat{"/proc/" + std::to_string(child) + "/stat"};
        std::string pid;
        std::string name;
        std::string state;
        return static_cast<bool>(stat >> pid >> name >> state) && state != "Z";
    };
    while (is_alive() && steady_clock::now() < until) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(is_alive());
    std::filesystem::remove(pid_file);
}

TEST(ShellHandler, ProcessInTheBackgroundDoesNotDelayTheStep) {
    auto const before = steady_clock::now();
    EXPECT_EQ(value_of(shell({{"command", "sleep 1000 & echo 1"}})), 1);
    EXPECT_LT(steady_clock::now() - before, 30s);
}

TEST(ShellHandler, NoTextIsCutAtU0000) {
    std::string const cut{"/\0x", 3};
    for (auto const& wrong : {json{{"command", cut}}, json{{"command", {"echo", cut}}},
                              json{{"command", "true"}, {"folder", cut}},
                              json{{"command", "true"}, {"environment", {{"A", cut}}}},
                              json{{"command", "true"}, {"environment", {{cut, "a"}}}}}) {
        auto const failure = failure_of(shell(wrong));
        EXPECT_EQ(failure.type, "invalid_initialization") << wrong;
        EXPECT_THAT(failure.message, testing::HasSubstr("must not contain U+0000")) << wrong;
    }
}

TEST(ShellHandler, WrongInitializationIsAPermanentFailure) {
    for (auto const& wrong :
         {json::object(), json{{"command", 1}}, json{{"command", {"a", 1}}},
          json{{"command", "true"}, {"comand", "x"}}, json{{"command", "true"}, {"output", "xml"}},
          json{{"command", "true"}, {"environment", {{"A", 1}}}}}) {
        auto const failure = failure_of(shell(wrong));
        EXPECT_TRUE(failure.permanent) << wrong;
        EXPECT_EQ(failure.type, "invalid_initialization") << wrong;
    }
}

} // namespace
} // namespace tasker::worker
