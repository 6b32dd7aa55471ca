#include "engine_dag.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tasker::engine {
namespace {

struct created_run {
    arithmetic_dag dag;
    std::int64_t n;
    task_id id;
};

using runs_by_step = std::map<std::pair<std::string, std::string>, journal_line>;

/// Every run of a handler, by task and step; a second run of a step is a failure.
runs_by_step index(std::vector<journal_line> const& journal) {
    runs_by_step out;
    for (auto const& line : journal) {
        EXPECT_TRUE(out.try_emplace({line.task, line.step}, line).second)
            << line.step << " of " << line.task << " ran twice";
    }
    return out;
}

void expect_after_parents(created_run const& run,
                          std::map<std::string, wire::step_view> const& steps,
                          runs_by_step const& journal) {
    auto const task = run.id.to_string();
    for (auto const& step : run.dag.steps) {
        auto const& shown = steps.at(step.name);
        auto const ran = journal.find({task, step.name});
        ASSERT_NE(ran, journal.end()) << step.name << " of " << task << " never ran";
        std::set<std::string> parents;
        for (auto const index : step.parents) {
            auto const& parent = run.dag.steps[index].name;
            parents.insert(parent);
            EXPECT_GE(ran->second.begin_ns, journal.at({task, parent}).end_ns)
                << step.name << " ran before its parent " << parent << " had ended";
            EXPECT_GE(shown.started_at.value(), steps.at(parent).finished_at.value())
                << step.name << " started before its parent " << parent << " was complete";
        }
        EXPECT_EQ(parents,
                  (std::set<std::string>{shown.dependencies.begin(), shown.dependencies.end()}));
        EXPECT_LE(shown.enqueued_at.value(), shown.started_at.value());
        EXPECT_LE(shown.started_at.value(), shown.finished_at.value());
        EXPECT_EQ(shown.attempts, 1) << step.name;
    }
}

TEST(EngineRandomDags, EveryStepRunsOnceAfterItsParentsAndMatchesTheInterpreter) {
    constexpr std::uint64_t seed = 20'260'521;
    constexpr std::size_t dags = 40;
    testing::test_database const database;
    programs engine{database.dsn()};
    engine.start_orchestrator();
    engine.start_test_worker();
    engine.start_test_worker();
    auto client = engine.connect();

    std::mt19937_64 random{seed};
    std::vector<created_run> runs;
    for (std::size_t i = 0; i < dags; ++i) {
        auto const size = std::uniform_int_distribution<std::size_t>{1, 40}(random);
        auto dag = random_dag(random, "random-" + std::to_string(i), size);
        register_template(client, template_json(dag, random_order(random, size)));
        auto const n = std::uniform_int_distribution<std::int64_t>{0, 1'000'000}(random);
        auto const id = create_task(client, dag.name, R"({"n":)" + std::to_string(n) + "}");
        runs.push_back({std::move(dag), n, id});
    }
    for (auto const& run : runs) {
        EXPECT_EQ(wait_until_finished(client, run.id).state, model::task_state::complete);
    }

    auto const journal = index(engine.journal());
    std::size_t steps_in_all = 0;
    for (auto const& run : runs) {
        SCOPED_TRACE(run.dag.name + " of seed " + std::to_string(seed));
        auto const expected = interpret(run.dag, run.n);
        EXPECT_EQ(numbers_in(client.get_task(run.id).value()), leaves_of(run.dag, expected));
        auto const steps = steps_of(client, run.id);
        for (auto const& [name, value] : expected) {
            EXPECT_EQ(steps.at(name).result.value_or("none"), std::to_string(value)) << name;
        }
        expect_after_parents(run, steps, journal);
        steps_in_all += run.dag.size();
    }
    EXPECT_EQ(journal.size(), steps_in_all);
}

} // namespace
} // namespace tasker::engine
