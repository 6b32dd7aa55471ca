#include "builtin/builtin.hpp"
#include "failure_of.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json value_of(step_result result) {
    EXPECT_TRUE(result.is_success());
    return result.is_success() ? json::parse(std::move(result).json_text()) : json{};
}

TEST(BuiltinHandlers, AreRegisteredUnderTheirNames) {
    handler_registry handlers;
    add_builtin_handlers(handlers, settings{});
    EXPECT_THAT(handlers.names(),
                testing::ElementsAre("tasker.echo", "tasker.fail", "tasker.http", "tasker.noop",
                                     "tasker.shell", "tasker.sleep", "tasker.webhook"));
}

TEST(BuiltinHandlers, NoopReturnsNull) {
    EXPECT_EQ(value_of(try_handler(run_noop, {})), nullptr);
}

TEST(BuiltinHandlers, EchoReturnsContextAndParents) {
    EXPECT_EQ(value_of(try_handler(run_echo, {.context = {{"a", 1}}, .parents = {{"p", {1, 2}}}})),
              json({{"context", {{"a", 1}}}, {"parents", {{"p", {1, 2}}}}}));
}

TEST(BuiltinHandlers, EchoAlsoReturnsInputsAndHowParentsEnded) {
    EXPECT_EQ(value_of(try_handler(run_echo,
                                   {.parent_states = {{"p", "skipped"}}, .inputs = {{"n", 1}}})),
              json({{"context", json::object()},
                    {"parents", json::object()},
                    {"parent_states", {{"p", "skipped"}}},
                    {"inputs", {{"n", 1}}}}));
}

TEST(BuiltinHandlers, SleepSleeps) {
    auto const before = steady_clock::now();
    EXPECT_EQ(value_of(try_handler(run_sleep, {.initialization = {{"ms", 20}}})),
              json({{"slept_ms", 20}}));
    EXPECT_GE(steady_clock::now() - before, std::chrono::milliseconds{20});
}

TEST(BuiltinHandlers, SleepEndsWhenCancelled) {
    std::stop_source stop;
    stop.request_stop();
    auto const failure = failure_of(try_handler(
        run_sleep, {.initialization = {{"ms", 3'600'000}}, .cancelled_by = stop.get_token()}));
    EXPECT_EQ(failure.type, "cancelled");
}

TEST(BuiltinHandlers, FailFailsAsConfigured) {
    auto failure = failure_of(try_handler(run_fail, {}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "on_purpose");
    failure = failure_of(
        try_handler(run_fail, {.initialization = {{"message", "no more"}, {"permanent", true}}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.message, "no more");
}

TEST(BuiltinHandlers, FailSucceedsAfterTheConfiguredNumberOfFailures) {
    json const twice{{"times", 2}};
    failure_of(try_handler(run_fail, {.initialization = twice, .failures = 0}));
    failure_of(try_handler(run_fail, {.initialization = twice, .failures = 1}));
    EXPECT_EQ(value_of(try_handler(run_fail, {.initialization = twice, .failures = 2})),
              json({{"failures", 2}}));
}

TEST(BuiltinHandlers, InvalidInitializationIsAPermanentFailureWithAReason) {
    auto failure = failure_of(try_handler(run_sleep, {.initialization = {{"msec", 1}}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_initialization");
    EXPECT_THAT(failure.message, HasSubstr("\"msec\" is an unknown key; did you mean \"ms\"?"));
    failure = failure_of(try_handler(run_sleep, {.initialization = {{"ms", -1}}}));
    EXPECT_THAT(failure.message, HasSubstr("\"ms\" must be from 0 to 86400000, not -1"));
    failure = failure_of(try_handler(run_sleep, {.initialization = {{"ms", "1"}}}));
    EXPECT_THAT(failure.message, HasSubstr("\"ms\" must be an integer, not string"));
}

} // namespace
} // namespace tasker::worker
