#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// A task that fails or is cancelled after some items of its map completed.
class UndoneMaps : public ::testing::TestWithParam<reporting> {
protected:
    void start(std::string const& map, std::string const& more = "") {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_),
                                           "  - {name: book, handler: {callable: h}, " + map +
                                               ", compensate: {callable: cancel_booking}" + more +
                                               "}\n"),
                          R"({"l": [1, 2, 3]})");
    }

    /// Ends the items in this order: completes them with 10 + their index, or fails them.
    void end_items(std::string const& ends) {
        for (auto const end : ends) {
            auto const step = w_.claim(1).at(0);
            auto const index = step.name.substr(step.name.find('[') + 1, 1);
            w_.finish(step, end == 'f' ? std::string{problem} : "1" + index, end == 'f' ? 2 : 0);
        }
    }

    std::string compensation() {
        return w_.of_task(task_, "compensation");
    }

    std::string listed() {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(string_agg(step || ' ' || state, ', '), '') "
                        "from tasker.list_compensation('{}')",
                        task_));
    }

    workflow_database w_{GetParam()};
    std::string task_;
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, UndoneMaps, each_reporting, name_of_reporting);

TEST_P(UndoneMaps, HandlerGetsTheResultsOfTheItemsThatCompleted) {
    start("map: {over: $context.l, max_parallel: 1}");
    end_items("cf");
    EXPECT_EQ(w_.step_state(task_, "book"), "failed");
    EXPECT_EQ(compensation(), "running");
    EXPECT_EQ(listed(), "book enqueued");
    EXPECT_EQ(w_.shown(task_, "book", "compensation ->> 'state'"), "enqueued");
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(held.at(0).name, "book:undo");
    EXPECT_EQ(held.at(0).parents, R"({ "book" : [10,null,null] })");
    w_.finish(held.at(0));
    EXPECT_EQ(compensation(), "complete");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_P(UndoneMaps, BatchesAreArraysOrNulls) {
    start("map: {over: $context.l, batch_size: 2, max_parallel: 1}");
    w_.finish(w_.claim().at(0), "[1, 2]");
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(w_.claim().at(0).parents, R"({ "book" : [1,2,null] })");
}

TEST_P(UndoneMaps, WithoutACompleteItemNothingIsUndone) {
    start("map: {over: $context.l, max_parallel: 1}");
    EXPECT_EQ(listed(), "");
    end_items("f");
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_EQ(compensation(), "");
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_P(UndoneMaps, CancellationUndoesTheCompleteItems) {
    start("matrix: {n: [0, 1]}");
    w_.finish(w_.claim(1).at(0), "7");
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid], true)");
    EXPECT_EQ(compensation(), "running");
    w_.expire_leases();
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(held.at(0).parents, R"({ "book" : [7,null] })");
}

TEST_P(UndoneMaps, AllowedFailureOfTheMapDoesNotKeepItsItems) {
    task_ = w_.create(w_.register_yaml("a", R"(
  - {name: book, handler: {callable: h}, map: {over: $context.l, max_parallel: 1}, allow_failure: true,
     compensate: {callable: cancel_booking}}
  - {name: pay, handler: {callable: h}, dependencies: [book], join: all_done}
)"),
                      R"({"l": [1, 2]})");
    end_items("cf");
    EXPECT_EQ(w_.step_state(task_, "book"), "failed");
    auto const pay = w_.claim().at(0);
    ASSERT_EQ(pay.name, "pay");
    w_.finish(pay, problem, 2);
    EXPECT_EQ(w_.claim().at(0).name, "book:undo");
}

} // namespace
} // namespace tasker::sql::testing
