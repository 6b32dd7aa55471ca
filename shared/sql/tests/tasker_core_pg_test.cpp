#include "workflow_database.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

namespace tasker::sql::testing {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

/// Tasks of templates that are written with tasker-core's types of steps.
class TaskerCoreTypes : public ::testing::Test {
protected:
    void start(std::string const& steps) {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
    }

    /// Completes the steps that a worker gets, each with its result or with 1, until none is left.
    /// Returns their names with how many of each ran.
    std::map<std::string, int> finish_all(std::map<std::string, std::string> const& results) {
        std::map<std::string, int> ran;
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            for (auto const& step : held) {
                ++ran[step.name];
                auto const result = results.find(step.name);
                w_.finish(step, result == results.end() ? "1" : result->second);
            }
        }
        return ran;
    }

    std::string state_of(std::string const& step) {
        return w_.shown(task_, step, "state");
    }

    workflow_database w_;
    std::string task_;
    int templates_ = 0;
};

constexpr auto* approval =
    "  - {name: route, handler: {callable: h}, type: decision}\n"
    "  - {name: automatic, handler: {callable: h}, dependencies: [route]}\n"
    "  - {name: manager, handler: {callable: h}, dependencies: [route]}\n"
    "  - {name: finance, handler: {callable: h}, dependencies: [route]}\n"
    "  - {name: end, handler: {callable: h}, dependencies: [automatic, manager, finance], "
    "type: deferred_convergence}\n";

TEST_F(TaskerCoreTypes, StepsThatADecisionNamesRunAndTheConvergenceWaitsForThem) {
    start(approval);
    EXPECT_THAT(finish_all({{"route", R"({"decision_point_outcome": {"type": "create_steps",
                              "step_names": ["manager", "finance"]}})"}}),
                UnorderedElementsAre(Pair("route", 1), Pair("manager", 1), Pair("finance", 1),
                                     Pair("end", 1)));
    EXPECT_EQ(state_of("automatic"), "skipped");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(TaskerCoreTypes, WithoutBranchesOnlyTheConvergenceRuns) {
    start(approval);
    EXPECT_THAT(finish_all({{"route", R"({"decision_point_outcome": {"type": "no_branches"}})"}}),
                UnorderedElementsAre(Pair("route", 1), Pair("end", 1)));
    EXPECT_EQ(w_.task_state(task_), "complete");
}

constexpr auto* batches =
    "  - {name: plan, handler: {callable: h}, type: batchable}\n"
    "  - {name: work, handler: {callable: h}, dependencies: [plan], type: batch_worker}\n"
    "  - {name: sum, handler: {callable: h}, dependencies: [work], type: deferred_convergence}\n";

TEST_F(TaskerCoreTypes, BatchWorkerRunsForEachCursor) {
    start(batches);
    EXPECT_THAT(finish_all({{"plan", R"({"batch_processing_outcome": {"type": "create_batches",
                              "cursor_configs": [{"start_cursor": 0}, {"start_cursor": 200},
                                                 {"start_cursor": 400}]}})"}}),
                UnorderedElementsAre(Pair("plan", 1), Pair("work[0]", 1), Pair("work[1]", 1),
                                     Pair("work[2]", 1), Pair("sum", 1)));
    EXPECT_EQ(w_.shown(task_, "work", "result"), "[1,1,1]");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(TaskerCoreTypes, WithoutBatchesTheWorkerIsSkipped) {
    for (auto const* outcome : {R"({"batch_processing_outcome": {"type": "no_batches"}})",
                                R"({"batch_processing_outcome": "no_batches"})"}) {
        start(batches);
        EXPECT_THAT(finish_all({{"plan", outcome}}),
                    UnorderedElementsAre(Pair("plan", 1), Pair("sum", 1)));
        EXPECT_EQ(state_of("work"), "skipped");
        EXPECT_EQ(w_.task_state(task_), "complete");
    }
}

TEST_F(TaskerCoreTypes, ALifecycleEndsTheTaskAndItsStepsHaveEvents) {
    auto const fire = [&] {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    };
    start(
        "  - {name: charge, handler: {callable: h}, system_dependency: null, timeout_seconds: 30,\n"
        "     publishes_events: [{name: payment.processed, condition: success, delivery_mode: "
        "broadcast, schema: {type: object}}]}\n"
        "  - {name: ship, handler: {callable: h}, dependencies: [charge]}\n"
        "domain_events: []\n"
        "lifecycle: {max_duration_minutes: 30, max_steps_in_process_minutes: 2, "
        "staleness_action: dlq}\n");
    EXPECT_EQ(w_.db().value<std::string>("select string_agg(name || ' ' || timeout_ms, ', ' order "
                                         "by step_no) from tasker.template_steps"),
              "charge 30000, ship 120000");
    w_.finish(w_.claim().at(0), R"({"total": 5})");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select concat_ws(' ', message ->> 'event', message ->> 'step', message -> "
                  "'result' ->> 'total') from pgmq.q_default_domain_events"),
              "payment.processed charge 5");
    w_.move_clock("29 minutes");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("31 minutes");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_EQ(w_.of_task(task_, "error ->> 'type'"), "deadline");
}

} // namespace
} // namespace tasker::sql::testing
