#include "engine_dag.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tasker::engine {
namespace {

TEST(EngineManyProcesses, TwoOrchestratorsAndThreeWorkersRunEveryStepOnce) {
    constexpr std::int64_t tasks = 200;
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    engine.start_orchestrator();
    for (auto const* name : {"--name=first", "--name=second", "--name=third"}) {
        engine.start_test_worker({name});
    }
    auto one = engine.connect(0);
    auto other = engine.connect(1);
    arithmetic_dag const diamond{.name = "diamond",
                                 .steps = {{"start", operation::square, 0, {}},
                                           {"left", operation::add, 5, {0}},
                                           {"right", operation::multiply, 3, {0}},
                                           {"join", operation::add, 1, {1, 2}}}};
    register_template(one, template_json(diamond));

    std::vector<task_id> ids;
    ids.reserve(static_cast<std::size_t>(tasks));
    for (std::int64_t n = 0; n < tasks; ++n) {
        ids.push_back(
            create_task(n % 2 == 0 ? one : other, "diamond", R"({"n":)" + std::to_string(n) + "}"));
    }
    std::set<std::string> workers;
    for (std::int64_t n = 0; n < tasks; ++n) {
        // The wait is at the orchestrator that did not create the task.
        auto const id = ids[static_cast<std::size_t>(n)];
        auto const task = wait_until_finished(n % 2 == 0 ? other : one, id);
        EXPECT_EQ(task.state, model::task_state::complete);
        EXPECT_EQ(numbers_in(task), leaves_of(diamond, interpret(diamond, n)));
        for (auto const& [name, step] : steps_of(one, id)) {
            EXPECT_EQ(step.attempts, 1) << name;
            workers.insert(step.worker.value());
        }
    }
    EXPECT_EQ(workers, (std::set<std::string>{"first", "second", "third"}));
    std::set<std::pair<std::string, std::string>> ran;
    for (auto const& line : engine.journal()) {
        EXPECT_TRUE(ran.emplace(line.task, line.step).second) << line.step << " ran twice";
    }
    EXPECT_EQ(ran.size(), tasks * diamond.size());
}

} // namespace
} // namespace tasker::engine
