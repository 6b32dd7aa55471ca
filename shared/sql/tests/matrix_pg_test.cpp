#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

class Matrix : public ::testing::TestWithParam<reporting> {
protected:
    /// A task of which `build` runs for four combinations, after a step whose result it does not
    /// get.
    void start(std::string const& of_step = "") {
        task_ = w_.create(w_.register_yaml("m", "  - {name: plan, handler: {callable: h}}\n"
                                                "  - {name: build, handler: {callable: h}, "
                                                "dependencies: [plan], "
                                                "matrix: {os: [linux, mac], version: [1.10, 2]}" +
                                                    of_step +
                                                    "}\n"
                                                    "  - {name: end, handler: {callable: h}, "
                                                    "dependencies: [build]}\n"));
        w_.finish(w_.claim().at(0), R"({"large": 1})");
    }

    std::string items() {
        return w_.db().value<std::string>(fmt::format(
            "select coalesce(string_agg(name || ' ' || state, '; ' order by index), '') "
            "from tasker.list_items('{}', 'build', null, -1, 1000)",
            task_));
    }

    std::vector<held_step> claim() {
        auto held = w_.claim();
        std::ranges::sort(held, {}, &held_step::name);
        return held;
    }

    workflow_database w_{GetParam()};
    std::string task_;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Matrix, each_reporting, name_of_reporting);

TEST_P(Matrix, RunsEachCombinationWithoutTheParentsResults) {
    start();
    EXPECT_EQ(w_.shown(task_, "build", "waiting_for"), "items");
    auto const held = claim();
    ASSERT_EQ(held.size(), 4);
    EXPECT_EQ(held.at(0).item, R"({"index" : 0, "item" : {"os": "linux", "version": 1.10}})");
    EXPECT_EQ(held.at(3).item, R"({"index" : 3, "item" : {"os": "mac", "version": 2}})");
    EXPECT_EQ(held.at(0).parents, "");
}

TEST_P(Matrix, ItsItemsAreNamedAfterTheirCombinations) {
    start();
    EXPECT_EQ(items(),
              "build[os=linux, version=1.10] enqueued; build[os=linux, version=2] enqueued; "
              "build[os=mac, version=1.10] enqueued; build[os=mac, version=2] enqueued");
}

TEST_P(Matrix, TheNextStepGetsTheResultsInTheOrderOfTheCombinations) {
    start();
    auto const held = claim();
    for (std::size_t i = held.size(); i-- > 0;) {
        w_.finish(held.at(i), std::to_string(i));
    }
    auto const next = w_.claim();
    ASSERT_EQ(next.size(), 1);
    EXPECT_EQ(next.at(0).parents, R"({ "build" : [0,1,2,3] })");
    w_.finish(next.at(0), "1");
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Matrix, TheFirstFailureStopsWhatHasNotStarted) {
    start();
    auto const held = w_.claim(1);
    ASSERT_EQ(held.size(), 1);
    w_.finish(held.at(0), R"({"message": "no", "type": "refused"})", 2);
    EXPECT_EQ(w_.shown(task_, "build", "error->>'type'"), "item_failed");
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_P(Matrix, ItsConditionIsJudgedOnce) {
    start(", when: $.plan.large == 2");
    EXPECT_EQ(w_.step_state(task_, "build"), "skipped");
    EXPECT_EQ(items(), "");
}

TEST_P(Matrix, AChildTaskRunsForEachCombination) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    task_ = w_.create(w_.register_yaml("parent", R"(
  - name: build
    workflow: {name: child, context: {os: '${item/os}', n: '${index}'}}
    matrix: {os: [linux, mac]}
)"));
    EXPECT_EQ(
        w_.db().value<std::string>(fmt::format(
            "select string_agg(context::text, ' ' order by context ->> 'n') from tasker.tasks "
            "where parent_task = '{}'",
            task_)),
        R"({ "n" : 0, "os" : "linux" } { "n" : 1, "os" : "mac" })");
}

} // namespace
} // namespace tasker::sql::testing
