#include "budgets.hpp"

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

constexpr auto map = "  - {name: m, handler: {callable: h}, map: {over: $context.l, "
                     "max_parallel: 1%s}, retry: {max_attempts: 3, backoff: none}%s}\n"
                     "  - {name: b, handler: {callable: h}, dependencies: [m], join: all_done}\n"
                     "budget: {tokens: 100}\n";

std::string map_with(std::string const& in_map, std::string const& in_step = "") {
    std::string text = map;
    text.replace(text.find("%s"), 2, in_map);
    return text.replace(text.find("%s"), 2, in_step);
}

TEST_P(Budgets, AMapThatHasItemsToSendStops) {
    for (auto const* policy : {"", ", on_item_failure: collect"}) {
        auto const task =
            create(map_with(policy, ", allow_failure: true"), R"({"l": [1, 2, 3, 4]})");
        spend_and_finish(claim_one(), 50);
        spend_and_finish(claim_one(), 50);
        EXPECT_THAT(w_.claim(), IsEmpty());
        expect_refused(task, "m");
        EXPECT_EQ(w_.db().value<std::string>(
                      fmt::format("select string_agg(state, ' ' order by index) from "
                                  "tasker.list_items('{}', 'm', null, -1, 10)",
                                  task)),
                  "complete complete cancelled cancelled");
        expect_refused(task, "b");
        expect_failed(task);
    }
}

TEST_P(Budgets, AMapWhoseItemsWereAllSentEnds) {
    auto const task = create("  - {name: m, handler: {callable: h}, map: $context.l}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [m]}\n"
                             "budget: {tokens: 100}\n",
                             R"({"l": [1, 2]})");
    for (auto const& item : w_.claim()) {
        spend_and_finish(item, 100);
    }
    EXPECT_EQ(w_.step_state(task, "m"), "complete");
    expect_refused(task, "b");
    expect_failed(task);
}

TEST_P(Budgets, TheRetryOfAnItemIsRefused) {
    for (auto const* policy : {"", ", on_item_failure: collect"}) {
        auto const task = create(map_with(policy), R"({"l": [1]})");
        auto const item = claim_one();
        spend(item, R"({"tokens": 100})");
        w_.finish(item, refused_problem, 1);
        EXPECT_EQ(fire(), 1);
        expect_refused(task, "m");
        EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                      "select state || ' ' || (error ->> 'type') || ' ' || attempts from "
                      "tasker.list_items('{}', 'm', null, -1, 10)",
                      task)),
                  "failed budget_exhausted 1");
        expect_failed(task);
    }
}

TEST_P(Budgets, AnItemThatFailsForAnotherReasonIsThatReason) {
    auto const task = create(map_with(""), R"({"l": [1, 2]})");
    auto const item = claim_one();
    spend(item, R"({"tokens": 100})");
    w_.finish(item, refused_problem, 2);
    EXPECT_EQ(error_of(task, "m"), "item_failed");
    expect_refused(task, "b");
    expect_failed(task);
}

} // namespace
} // namespace tasker::sql::testing
