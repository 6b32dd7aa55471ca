#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace tasker::engine {
namespace {

using model::step_state;
using model::task_state;
using numbers = std::map<std::string, std::int64_t>;

class EngineCancellation : public ::testing::Test {
protected:
    EngineCancellation() {
        register_template(client_, R"({"name":"held","version":"1.0.0","steps":[
            {"name":"held","handler":{"callable":"stage.play"},
             "retry":{"max_attempts":3,"backoff":"linear","backoff_base_ms":600000,
                      "max_backoff_ms":600000}},
            {"name":"after","handler":{"callable":"math.add","initialization":{"operand":1}},
             "dependencies":["held"]}]})");
    }

    testing::test_database database_;
    programs engine_{database_.dsn()};
    testing::service& orchestrator_ = engine_.start_orchestrator();
    testing::service& worker_ = engine_.start_test_worker({"--lease-seconds=3"});
    client::client client_ = engine_.connect();
};

TEST_F(EngineCancellation, RunningStepIsStoppedAndNothingFollows) {
    auto const id = create_task(client_, "held");
    auto step = engine_.on_stage().next(soon());
    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);
    EXPECT_TRUE(step.wait_until_gone(soon()));
    EXPECT_EQ(wait_until_finished(client_, id).state, task_state::cancelled);
    auto const steps = steps_of(client_, id);
    EXPECT_EQ(steps.at("held").state, step_state::cancelled);
    EXPECT_EQ(steps.at("after").state, step_state::cancelled);
    EXPECT_EQ(steps.at("after").attempts, 0);
    // The worker is free again.
    auto const next = create_task(client_, "held");
    engine_.on_stage().next(soon()).answer(R"({"result":1})");
    EXPECT_EQ(numbers_in(wait_until_finished(client_, next)), (numbers{{"after", 2}}));
}

TEST_F(EngineCancellation, LateResultChangesNothing) {
    auto const id = create_task(client_, "held");
    auto step = engine_.on_stage().next(soon());
    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);
    try {
        step.answer(R"({"result":1})");
    } catch (std::runtime_error const&) { // NOLINT(bugprone-empty-catch): its worker has stopped it
    }
    // The worker's next report is made after the refused one, over the same path.
    auto const next = create_task(client_, "held");
    engine_.on_stage().next(soon()).answer(R"({"result":1})");
    EXPECT_EQ(wait_until_finished(client_, next).state, task_state::complete);
    auto const task = client_.get_task(id).value();
    EXPECT_EQ(task.state, task_state::cancelled);
    EXPECT_EQ(task.steps_complete, 0);
    EXPECT_FALSE(task.result);
}

TEST_F(EngineCancellation, WaitAnswersWhenTheTaskIsCancelledElsewhere) {
    engine_.start_orchestrator();
    auto other = engine_.connect(1);
    auto const id = create_task(client_, "held");
    auto const step = engine_.on_stage().next(soon());
    auto cancelled = std::async(std::launch::async, [&] { return other.cancel_task(id); });
    EXPECT_EQ(wait_until_finished(client_, id).state, task_state::cancelled);
    EXPECT_TRUE(cancelled.get());
}

TEST_F(EngineCancellation, StepThatWaitsForItsRetryIsCancelled) {
    auto const id = create_task(client_, "held");
    engine_.on_stage().next(soon()).answer(R"({"retry":"in ten minutes"})");
    EXPECT_TRUE(database_.wait_until(
        soon(), "select coalesce(bool_and(state = 'waiting'), false) from tasker.tasks"));
    EXPECT_EQ(client_.get_task(id).value().state, task_state::waiting);
    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);
    EXPECT_EQ(steps_of(client_, id).at("held").state, step_state::cancelled);
}

TEST_F(EngineCancellation, CompleteTaskIsAConflictAndCancelledOneIsASuccess) {
    auto const done = create_task(client_, "held");
    engine_.on_stage().next(soon()).answer(R"({"result":1})");
    ASSERT_EQ(wait_until_finished(client_, done).state, task_state::complete);
    auto const refused = client_.cancel_task(done);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 409);
    EXPECT_EQ(refused.error().envelope.value().code, wire::error_code::conflict);

    auto const id = create_task(client_, "held");
    auto const step = engine_.on_stage().next(soon());
    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);
    EXPECT_EQ(client_.cancel_task(id).value().state, task_state::cancelled);

    auto const unknown = client_.cancel_task(task_id::generate());
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().status, 404);
}

} // namespace
} // namespace tasker::engine
