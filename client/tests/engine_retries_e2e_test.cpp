#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace tasker::engine {
namespace {

using model::step_state;
using model::task_state;
using milliseconds = std::vector<double>;

class EngineRetries : public ::testing::Test {
protected:
    task_id run(std::string_view name, std::string_view steps) {
        register_template(client_, R"({"name":")" + std::string{name} +
                                       R"(","version":"1.0.0","steps":)" + std::string{steps} +
                                       "}");
        return create_task(client_, name, R"({"n":1})");
    }

    std::string type_of_error(wire::step_view const& step) {
        return nlohmann::json::parse(step.error.value_or("{}")).value("type", "none");
    }

    testing::test_database database_;
    programs engine_{database_.dsn()};
    testing::service& orchestrator_ = engine_.start_orchestrator();
    testing::service& worker_ = engine_.start_test_worker();
    client::client client_ = engine_.connect();
};

/// From the end of each attempt of a step to the beginning of the next one.
milliseconds pauses(std::vector<journal_line> journal, std::string_view step) {
    std::erase_if(journal, [&](auto const& line) { return line.step != step; });
    std::ranges::sort(journal, {}, &journal_line::delivery);
    milliseconds out;
    for (std::size_t i = 1; i < journal.size(); ++i) {
        out.push_back(static_cast<double>(journal[i].begin_ns - journal[i - 1].end_ns) / 1e6);
    }
    return out;
}

std::string failing_step(std::string_view name, std::string_view backoff, int max_backoff_ms) {
    nlohmann::json retry{{"max_attempts", 5}, {"backoff", backoff}};
    if (backoff != "none") {
        retry["backoff_base_ms"] = 40;
        retry["max_backoff_ms"] = max_backoff_ms;
        retry["jitter"] = false;
    }
    return nlohmann::json{
        {"name", name},
        {"handler", {{"callable", "test.fail_at_first"}, {"initialization", {{"failures", 4}}}}},
        {"retry", std::move(retry)}}
        .dump();
}

TEST_F(EngineRetries, EachBackoffWaitsForItsDelay) {
    auto const id = run("backoff", "[" + failing_step("none", "none", 1'000) + "," +
                                       failing_step("linear", "linear", 1'000) + "," +
                                       failing_step("exponential", "exponential", 1'000) + "," +
                                       failing_step("fibonacci", "fibonacci", 1'000) + "," +
                                       failing_step("bounded", "exponential", 50) + "]");
    auto const task = wait_until_finished(client_, id);
    EXPECT_EQ(task.state, task_state::complete);
    for (auto const& [name, step] : steps_of(client_, id)) {
        EXPECT_EQ(step.attempts, 5) << name;
        EXPECT_FALSE(step.error) << name;
    }
    auto const journal = engine_.journal();
    auto const expect_at_least = [&](std::string_view step, milliseconds const& expected) {
        auto const waited = pauses(journal, step);
        ASSERT_EQ(waited.size(), expected.size()) << step;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_GE(waited[i], expected[i]) << step << ", after failure " << i + 1;
        }
    };
    expect_at_least("none", {0, 0, 0, 0});
    expect_at_least("linear", {40, 80, 120, 160});
    expect_at_least("exponential", {40, 80, 160, 320});
    expect_at_least("fibonacci", {40, 40, 80, 120});
    expect_at_least("bounded", {40, 50, 50, 50});
    // Without its limit the longest wait would be 600 ms. A missed limit, or a wait that no
    // notification shortens, exceeds this bound even on a busy machine.
    auto const bounded = pauses(journal, "bounded");
    EXPECT_LT(*std::ranges::min_element(bounded), 1'000);
}

TEST_F(EngineRetries, StepFailsPermanentlyAfterItsLastAttempt) {
    auto const id = run("used-up", R"([{"name":"hopeless","handler":{"callable":"stage.play"},
        "retry":{"max_attempts":2,"backoff":"none"}}])");
    engine_.on_stage().next(soon()).answer(R"({"retry":"first"})");
    engine_.on_stage().next(soon()).answer(R"({"throw":"second"})");
    auto const task = wait_until_finished(client_, id);
    EXPECT_EQ(task.state, task_state::failed);
    EXPECT_EQ(task.steps_failed, 1);
    EXPECT_FALSE(task.result);
    auto const step = client_.get_step(id, "hopeless").value();
    EXPECT_EQ(step.state, step_state::failed);
    EXPECT_EQ(step.attempts, 2);
    EXPECT_EQ(nlohmann::json::parse(step.error.value()).at("message"), "second");
}

TEST_F(EngineRetries, PermanentFailureLeavesIndependentBranchesRunning) {
    auto const id = run("branches", R"([
        {"name":"broken","handler":{"callable":"stage.play"},"retry":{"max_attempts":5}},
        {"name":"never","handler":{"callable":"math.square"},"dependencies":["broken","two"]},
        {"name":"one","handler":{"callable":"math.add","initialization":{"operand":1}}},
        {"name":"two","handler":{"callable":"math.add","initialization":{"operand":1}},
         "dependencies":["one"]}])");
    engine_.on_stage().next(soon()).answer(R"({"fail":"no such customer"})");
    auto const task = wait_until_finished(client_, id);
    EXPECT_EQ(task.state, task_state::failed);
    EXPECT_EQ(task.steps_complete, 2);
    EXPECT_EQ(task.steps_failed, 1);
    auto const steps = steps_of(client_, id);
    EXPECT_EQ(steps.at("broken").state, step_state::failed);
    EXPECT_EQ(steps.at("broken").attempts, 1);
    EXPECT_EQ(type_of_error(steps.at("broken")), "told_to_fail");
    EXPECT_EQ(steps.at("never").state, step_state::pending);
    EXPECT_EQ(steps.at("two").result, "3");

    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);
}

TEST_F(EngineRetries, StepThatTakesTooLongIsCancelledAndRetried) {
    auto const id = run("slow", R"([{"name":"slow","handler":{"callable":"stage.play"},
        "timeout_seconds":0.2,"retry":{"max_attempts":2,"backoff":"none"}}])");
    auto first = engine_.on_stage().next(soon());
    EXPECT_TRUE(first.wait_until_gone(soon()));
    auto second = engine_.on_stage().next(soon());
    EXPECT_EQ(second.delivery(), 2);
    EXPECT_TRUE(second.wait_until_gone(soon()));
    EXPECT_EQ(wait_until_finished(client_, id).state, task_state::failed);
    EXPECT_EQ(type_of_error(client_.get_step(id, "slow").value()), "timeout");
}

TEST_F(EngineRetries, NonRetryableStepFailsImmediately) {
    auto const id = run("once", R"([{"name":"once","handler":{"callable":"stage.play"},
        "retry":{"retryable":false}}])");
    engine_.on_stage().next(soon()).answer(R"({"retry":"later"})");
    EXPECT_EQ(wait_until_finished(client_, id).state, task_state::failed);
    EXPECT_EQ(client_.get_step(id, "once").value().attempts, 1);
}

} // namespace
} // namespace tasker::engine
