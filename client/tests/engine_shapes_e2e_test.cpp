#include "engine_dag.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace tasker::engine {
namespace {

using model::step_state;
using model::task_state;
using numbers = std::map<std::string, std::int64_t>;

/// An orchestrator and a worker that computes.
class EngineShapes : public ::testing::Test {
protected:
    wire::task_view run(arithmetic_dag const& dag, std::int64_t n) {
        register_template(client_, template_json(dag));
        auto const id = create_task(client_, dag.name, R"({"n":)" + std::to_string(n) + "}");
        return wait_until_finished(client_, id);
    }

    /// Runs it, compares every step with the interpreter's result, and returns the leaves'
    /// results.
    numbers run_and_check(arithmetic_dag const& dag, std::int64_t n) {
        auto const task = run(dag, n);
        EXPECT_EQ(task.state, task_state::complete);
        EXPECT_EQ(task.steps_complete, static_cast<std::int32_t>(dag.size()));
        EXPECT_EQ(task.steps_failed, 0);
        auto const expected = interpret(dag, n);
        for (auto const& [name, step] : steps_of(client_, task.id)) {
            EXPECT_EQ(step.state, step_state::complete) << name;
            EXPECT_EQ(step.attempts, 1) << name;
            EXPECT_EQ(step.result.value_or("none"), std::to_string(expected.at(name))) << name;
        }
        auto leaves = numbers_in(task);
        EXPECT_EQ(leaves, leaves_of(dag, expected));
        return leaves;
    }

    testing::test_database database_;
    programs engine_{database_.dsn()};
    testing::service& orchestrator_ = engine_.start_orchestrator();
    testing::service& worker_ = engine_.start_test_worker();
    client::client client_ = engine_.connect();
};

TEST_F(EngineShapes, LinearStepsPassTheirResultsOn) {
    arithmetic_dag const linear{.name = "linear",
                                .steps = {{"increase", operation::add, 3, {}},
                                          {"double", operation::multiply, 2, {0}},
                                          {"square", operation::square, 0, {1}}}};
    EXPECT_EQ(run_and_check(linear, 4), (numbers{{"square", 196}})); // ((4 + 3) * 2)²
}

TEST_F(EngineShapes, DiamondJoinsBothBranches) {
    arithmetic_dag const diamond{.name = "diamond",
                                 .steps = {{"start", operation::square, 0, {}},
                                           {"left", operation::add, 5, {0}},
                                           {"right", operation::multiply, 3, {0}},
                                           {"join", operation::add, 1, {1, 2}}}};
    EXPECT_EQ(run_and_check(diamond, 6), (numbers{{"join", 150}})); // (36 + 5) + (36 * 3) + 1
}

TEST_F(EngineShapes, TreeGivesTheResultOfEveryLeaf) {
    arithmetic_dag const tree{.name = "tree",
                              .steps = {{"root", operation::add, 1, {}},
                                        {"left", operation::multiply, 2, {0}},
                                        {"right", operation::multiply, 3, {0}},
                                        {"left.left", operation::square, 0, {1}},
                                        {"left.right", operation::add, 10, {1}},
                                        {"right.left", operation::square, 0, {2}},
                                        {"right.right", operation::add, 20, {2}}}};
    EXPECT_EQ(
        run_and_check(tree, 9),
        (numbers{
            {"left.left", 400}, {"left.right", 30}, {"right.left", 900}, {"right.right", 50}}));
}

TEST_F(EngineShapes, MixedDagComputesWithParentsOfDifferentDepth) {
    // Two roots, a step that skips a level, and two leaves.
    arithmetic_dag const mixed{.name = "mixed",
                               .steps = {{"a", operation::add, 1, {}},
                                         {"b", operation::multiply, 4, {}},
                                         {"c", operation::multiply, 2, {0, 1}},
                                         {"d", operation::square, 0, {0}},
                                         {"e", operation::add, 0, {0, 1, 2, 3}},
                                         {"f", operation::multiply, 1, {3, 4}},
                                         {"g", operation::add, 100, {1, 2}}}};
    // n = 2: a 3, b 8, c 48, d 9, e 68, f 612, g 156
    EXPECT_EQ(run_and_check(mixed, 2), (numbers{{"f", 612}, {"g", 156}}));
}

TEST_F(EngineShapes, FortyStepsRunInARow) {
    arithmetic_dag chain{.name = "chain", .steps = {{"step-0", operation::add, 1, {}}}};
    for (std::size_t i = 1; i < 40; ++i) {
        chain.steps.push_back({"step-" + std::to_string(i), operation::add, 1, {i - 1}});
    }
    EXPECT_EQ(run_and_check(chain, 0), (numbers{{"step-39", 40}}));
}

TEST_F(EngineShapes, ThousandStepsFanOutAndInAgain) {
    arithmetic_dag fan{.name = "fan", .steps = {{"split", operation::add, 0, {}}}};
    std::vector<std::size_t> all;
    for (std::size_t i = 1; i <= 1'000; ++i) {
        fan.steps.push_back(
            {"part-" + std::to_string(i), operation::multiply, static_cast<std::int64_t>(i), {0}});
        all.push_back(i);
    }
    fan.steps.push_back({"join", operation::add, 0, all});
    EXPECT_EQ(run_and_check(fan, 2), (numbers{{"join", 1'001'000}})); // 2 * (1 + … + 1,000)
}

/// The worker program with its built-in handlers.
TEST(EngineBuiltIns, EchoAndNoopRunInTheWorkerProgram) {
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    engine.start_worker();
    auto client = engine.connect();
    register_template(client, R"({"name":"plain","version":"1.0.0","steps":[
        {"name":"first","handler":{"callable":"tasker.noop"}},
        {"name":"last","handler":{"callable":"tasker.echo","initialization":{"x":[1,"ü"]}},
         "dependencies":["first"]}]})");
    auto const task =
        wait_until_finished(client, create_task(client, "plain", R"({"order":{"id":17}})"));
    EXPECT_EQ(task.state, task_state::complete);
    auto const echoed = nlohmann::json::parse(task.result.value()).at("last");
    EXPECT_NE(echoed.dump().find(R"("id":17)"), std::string::npos) << echoed;
}

} // namespace
} // namespace tasker::engine
