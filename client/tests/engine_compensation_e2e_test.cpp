#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

namespace tasker::engine {
namespace {

using model::task_state;

/// Three steps that are held on the stage, as are the handlers that undo them.
constexpr char const* saga = R"({"name":"saga","version":"1.0.0","steps":[
    {"name":"a","handler":{"callable":"stage.play"},"compensate":{"callable":"stage.play"}},
    {"name":"b","handler":{"callable":"stage.play"},"compensate":{"callable":"stage.play"},
     "dependencies":["a"]},
    {"name":"c","handler":{"callable":"stage.play"},"dependencies":["b"]}]})";

/// The shortest lease that a worker accepts.
constexpr char const* short_lease = "--lease-seconds=3";

/// Answers for the next step, whose name and delivery are expected.
void play(programs& engine, std::string const& step, int delivery, std::string_view answer) {
    auto held = engine.on_stage().next(soon());
    EXPECT_EQ(held.step(), step);
    EXPECT_EQ(held.delivery(), delivery);
    held.answer(answer);
}

TEST(EngineCompensation, KilledProgramsLoseAndRepeatNoUndoStep) {
    testing::test_database database;
    programs engine{database.dsn()};
    auto& orchestrator = engine.start_orchestrator();
    auto& doomed = engine.start_test_worker({"--name=doomed", short_lease});
    auto client = engine.connect();
    register_template(client, saga);
    auto const id = create_task(client, "saga");
    play(engine, "a", 1, R"({"result":1})");
    play(engine, "b", 1, R"({"result":2})");
    play(engine, "c", 1, R"({"fail":"no"})");
    auto const held = engine.on_stage().next(soon());
    EXPECT_EQ(held.step(), "b:undo");
    doomed.kill();
    orchestrator.kill();

    engine.start_orchestrator();
    engine.start_test_worker({"--name=successor", short_lease});
    play(engine, "b:undo", 2, R"({"retry":"again"})");
    play(engine, "b:undo", 3, R"({"result":3})");
    play(engine, "a:undo", 1, R"({"result":4})");
    auto survivor = engine.connect(1);
    auto const task = wait_until_finished(survivor, id);
    EXPECT_EQ(task.state, task_state::failed);
    EXPECT_EQ(task.compensation, "complete");
    auto const undone = survivor.get_compensation(id).value().steps;
    ASSERT_EQ(undone.size(), 2U);
    EXPECT_EQ(undone[0].step, "b");
    EXPECT_EQ(undone[0].attempts, 2);
    EXPECT_EQ(undone[1].step, "a");
    EXPECT_EQ(undone[1].attempts, 1);
    EXPECT_EQ(database.value<int>("select count(*) from pgmq.q_tasker_default"), 0);
}

TEST(EngineCompensation, TimeLimitStopsARunningHandlerAndUndoesTheStepsBefore) {
    testing::test_database database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    engine.start_test_worker({short_lease});
    auto client = engine.connect();
    std::string limited = saga;
    limited.insert(1, R"("timeout_seconds":8,)");
    register_template(client, limited);
    auto const id = create_task(client, "saga");
    play(engine, "a", 1, R"({"result":1})");
    auto held = engine.on_stage().next(soon());
    EXPECT_EQ(held.step(), "b");
    EXPECT_TRUE(held.wait_until_gone(soon()));
    play(engine, "a:undo", 1, R"({"result":2})");
    auto const task = wait_until_finished(client, id);
    EXPECT_EQ(task.state, task_state::failed);
    EXPECT_EQ(task.compensation, "complete");
    ASSERT_TRUE(task.error.has_value());
    EXPECT_NE(task.error->find("deadline"), std::string::npos);
}

} // namespace
} // namespace tasker::engine
