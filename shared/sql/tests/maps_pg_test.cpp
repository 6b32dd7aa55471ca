#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto no = R"({"message": "no", "type": "refused"})";

/// Tasks of a template in which `each` maps over the context's list `l`, and `end` gets its result.
class Maps : public ::testing::TestWithParam<reporting> {
protected:
    /// `map`: the value of the key; `more`: other keys of the step, each with a comma before it.
    void start(std::string const& map, std::string const& list, std::string const& more = "") {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_),
                                           "  - {name: each, handler: {callable: h}, map: " + map +
                                               more +
                                               "}\n"
                                               "  - {name: end, handler: {callable: h}, "
                                               "dependencies: [each]}\n"),
                          R"({"l": )" + list + "}");
    }

    std::string result_of(std::string const& step) {
        return w_.shown(task_, step, "result");
    }

    std::string error_of(std::string const& step) {
        return w_.shown(task_, step, "error->>'type'");
    }

    /// "each[0] complete, each[1] pending": of all items, in their order.
    std::string items() {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(string_agg(state, ' ' order by index), '') "
                        "from tasker.list_items('{}', 'each', null, -1, 1000)",
                        task_));
    }

    /// "2/3/1": complete and failed items of all.
    std::string counts() {
        return w_.shown(task_, "each", "concat_ws('/', items_complete, items_failed, items_total)");
    }

    /// Claims and completes steps until nothing is left: an item with ten times its element.
    void finish_all(int take = 0) {
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            while (!held.empty()) {
                auto const step = held.back();
                held.pop_back();
                auto const answer =
                    step.item.empty() || step.item.find("items") != std::string::npos
                        ? R"("done")"
                        : w_.db().value<std::string>("select (('" + step.item +
                                                     "'::json->>'item')::int * 10)::text");
                for (auto const& next : w_.finish(step, answer, 0, take)) {
                    held.push_back(next.step);
                }
            }
        }
    }

    /// The steps that a worker gets now, by their names.
    std::map<std::string, held_step> claim() {
        std::map<std::string, held_step> held;
        for (auto const& step : w_.claim()) {
            held.emplace(step.name, step);
        }
        return held;
    }

    static std::vector<std::string> names(std::map<std::string, held_step> const& held) {
        std::vector<std::string> out;
        out.reserve(held.size());
        for (auto const& [name, step] : held) {
            out.push_back(name);
        }
        return out;
    }

    workflow_database w_{GetParam()};
    std::string task_;
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Maps, each_reporting, name_of_reporting);

TEST_P(Maps, TheResultHasThoseOfTheItemsInTheirOrder) {
    start("$context.l", "[3, 1, 2]");
    EXPECT_EQ(w_.step_state(task_, "each"), "waiting");
    EXPECT_EQ(w_.shown(task_, "each", "waiting_for"), "items");
    EXPECT_EQ(w_.task_state(task_), "running");
    EXPECT_EQ(w_.messages(), 3);
    finish_all();
    EXPECT_EQ(result_of("each"), "[30,10,20]");
    EXPECT_EQ(items(), "complete complete complete");
    EXPECT_EQ(counts(), "3/0/3");
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(w_.db().value<int>("select steps_complete from tasker.get_tasks(array['" + task_ +
                                 "'::uuid])"),
              2);
}

TEST_P(Maps, AnItemGetsItsElementItsIndexAndNoParents) {
    task_ = w_.create(w_.register_yaml("parents", R"(
  - {name: list, handler: {callable: h}}
  - {name: each, handler: {callable: h}, dependencies: [list], map: $.list.files}
)"));
    w_.finish(w_.claim().at(0), R"({"files": ["a", {"b": 1}]})");
    auto const held = claim();
    ASSERT_THAT(names(held), ElementsAre("each[0]", "each[1]"));
    EXPECT_EQ(held.at("each[0]").item, R"({"index" : 0, "item" : "a"})");
    EXPECT_EQ(held.at("each[1]").item, R"({"index" : 1, "item" : {"b": 1}})");
    EXPECT_EQ(held.at("each[1]").parents, "");
}

TEST_P(Maps, TheNextStepGetsTheArray) {
    start("$context.l", "[1, 2]");
    for (auto const& step : w_.claim()) {
        w_.finish(step, step.name == "each[0]" ? R"({"a": 1})" : "null");
    }
    auto const held = claim();
    ASSERT_THAT(names(held), ElementsAre("end"));
    EXPECT_EQ(held.at("end").parents, R"({ "each" : [{"a": 1},null] })");
    EXPECT_EQ(held.at("end").item, "");
}

TEST_P(Maps, AnEmptyListCompletesTheMap) {
    start("$context.l", "[]");
    EXPECT_EQ(w_.step_state(task_, "each"), "complete");
    EXPECT_EQ(result_of("each"), "[]");
    finish_all();
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_P(Maps, AValueThatIsNoArrayFailsTheMap) {
    for (auto const* value : {"5", "null", R"({"a": [1]})", R"("text")"}) {
        start("$context.l", value);
        EXPECT_EQ(error_of("each"), "not_an_array") << value;
        EXPECT_EQ(w_.task_state(task_), "failed") << value;
    }
    start("$context.missing", "[1]");
    EXPECT_EQ(error_of("each"), "not_an_array");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Maps, APathThatSelectsYieldsItsElements) {
    struct row {
        char const* path;
        char const* list;
        char const* result;
    };
    for (row const& each :
         {row{"'$context.l[*]'", "[1, 2]", "[10,20]"}, row{"'$context.l[*]'", "[1]", "[10]"},
          row{"'$context.l[*]'", "[]", "[]"},
          row{"'$context.l[*].n'", R"([{"n": 1}, {"n": 2}])", "[10,20]"},
          row{"'$context.l ? (@ > 1)'", "[1, 2, 3]", "[20,30]"},
          row{"'$context.l ? (@ > 2)'", "[1, 2, 3]", "[30]"},
          row{"'$context.l ? (@ > 3)'", "[1, 2, 3]", "[]"}}) {
        start(each.path, each.list);
        finish_all();
        EXPECT_EQ(result_of("each"), each.result) << each.path;
    }
}

TEST_P(Maps, BatchesGetTheirElementsTogether) {
    start("{over: $context.l, batch_size: 2}", "[5, 6, 7]");
    auto const held = claim();
    ASSERT_THAT(names(held), ElementsAre("each[0]", "each[1]"));
    EXPECT_EQ(w_.db().value<std::string>("select '" + held.at("each[0]").item + "'::jsonb::text"),
              R"({"items": [{"item": 5, "index": 0}, {"item": 6, "index": 1}]})");
    w_.finish(held.at("each[1]"), R"(["c"])");
    w_.finish(held.at("each[0]"), R"(["a", {"b": 1}])");
    EXPECT_EQ(result_of("each"), R"(["a",{"b": 1},"c"])");
    EXPECT_EQ(counts(), "2/0/2");
}

TEST_P(Maps, AFailedBatchIsANullForEachElement) {
    start("{over: $context.l, batch_size: 2, on_item_failure: collect}", "[5, 6, 7]");
    auto const held = claim();
    w_.finish(held.at("each[0]"), no, 2);
    w_.finish(held.at("each[1]"), "[1]");
    EXPECT_EQ(result_of("each"), "[null,null,1]");
}

TEST_P(Maps, ItemsAreSentInWaves) {
    start("{over: $context.l, max_parallel: 2}", "[1, 2, 3, 4]");
    EXPECT_EQ(w_.messages(), 2);
    EXPECT_EQ(items(), "enqueued enqueued pending pending");
    auto held = claim();
    w_.finish(held.at("each[1]"));
    EXPECT_EQ(items(), "in_progress complete enqueued pending");
    w_.finish(held.at("each[0]"));
    EXPECT_EQ(items(), "complete complete enqueued enqueued");
    finish_all();
    EXPECT_EQ(result_of("each"), "[null,null,30,40]");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_P(Maps, TheWorkerThatReportsAnItemTakesTheNextOne) {
    start("{over: $context.l, max_parallel: 1}", "[1, 2, 3]");
    auto const first = w_.claim();
    ASSERT_EQ(first.size(), 1U);
    auto const next = w_.finish(first.at(0), "1", 0, 5);
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next.at(0).name, "each[1]");
    EXPECT_EQ(items(), "complete in_progress pending");
    auto const last = w_.finish(next.at(0).step, "2", 0, 5);
    ASSERT_EQ(last.size(), 1U);
    auto const end = w_.finish(last.at(0).step, "3", 0, 5);
    ASSERT_EQ(end.size(), 1U);
    EXPECT_EQ(end.at(0).name, "end");
    EXPECT_EQ(end.at(0).step.parents, R"({ "each" : [1,2,3] })");
}

TEST_P(Maps, TheFirstFailureStopsWhatHasNotStarted) {
    start("{over: $context.l, max_parallel: 3}", "[1, 2, 3, 4, 5]");
    auto const two = w_.claim(2);
    w_.finish(two.at(0), no, 2);
    EXPECT_EQ(items(), "failed in_progress cancelled cancelled cancelled");
    EXPECT_EQ(w_.step_state(task_, "each"), "waiting");
    w_.finish(two.at(1), "1");
    EXPECT_EQ(w_.step_state(task_, "each"), "failed");
    EXPECT_EQ(w_.shown(task_, "each", "error::jsonb"),
              R"({"type": "item_failed", "items": [{"type": "refused", "index": 0, "message": )"
              R"("no"}], "message": "1 of 5 items failed; item 0: no"})");
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Maps, CollectedFailuresAreNulls) {
    start("{over: $context.l, on_item_failure: collect}", "[1, 2, 3]");
    auto const held = claim();
    w_.finish(held.at("each[0]"), "1");
    w_.finish(held.at("each[1]"), no, 2);
    w_.finish(held.at("each[2]"), "3");
    EXPECT_EQ(w_.step_state(task_, "each"), "complete");
    EXPECT_EQ(result_of("each"), "[1,null,3]");
    EXPECT_EQ(w_.shown(task_, "each", "error->>'message'"), "1 of 3 items failed; item 1: no");
    EXPECT_EQ(error_of("each"), "items_failed");
    EXPECT_EQ(counts(), "2/1/3");
}

TEST_P(Maps, MoreFailuresThanAllowedFailTheMap) {
    struct row {
        char const* most;
        int failures;
        char const* state;
    };
    for (row const& each : {row{"2", 2, "complete"}, row{"2", 3, "failed"}, row{"0", 1, "failed"},
                            row{"50%", 3, "complete"}, row{"50%", 4, "failed"},
                            row{"0%", 1, "failed"}, row{"100%", 6, "complete"}}) {
        start(fmt::format("{{over: $context.l, on_item_failure: collect, max_failures: {}}}",
                          each.most),
              "[1, 2, 3, 4, 5, 6]");
        int failures = 0;
        for (auto const& step : w_.claim()) {
            bool const fails = failures < each.failures;
            failures += fails ? 1 : 0;
            w_.finish(step, fails ? no : "1", fails ? 2 : 0);
        }
        EXPECT_EQ(w_.step_state(task_, "each"), each.state) << each.most << ' ' << each.failures;
        for (auto const& step : w_.claim()) {
            w_.finish(step);
        }
    }
}

TEST_P(Maps, AMapThatFailsMayBeAllowedTo) {
    start("$context.l", "[1]", ", allow_failure: true");
    w_.finish(w_.claim().at(0), no, 2);
    EXPECT_EQ(w_.step_state(task_, "each"), "failed");
    EXPECT_EQ(w_.step_state(task_, "end"), "skipped");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_P(Maps, AnItemIsRetriedAlone) {
    start("$context.l", "[1, 2]", ", retry: {max_attempts: 2, backoff: none}");
    auto const held = claim();
    w_.finish(held.at("each[0]"), no, 1);
    w_.finish(held.at("each[1]"), "2");
    EXPECT_EQ(items(), "waiting_for_retry complete");
    EXPECT_EQ(w_.task_state(task_), "running");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(items(), "enqueued complete");
    auto const again = claim();
    ASSERT_THAT(names(again), ElementsAre("each[0]"));
    EXPECT_EQ(again.at("each[0]").delivery, 2);
    w_.finish(again.at("each[0]"), "1");
    EXPECT_EQ(result_of("each"), "[1,2]");
    finish_all();
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_P(Maps, AnItemThatWaitsForARetryIsStopped) {
    start("$context.l", "[1, 2, 3]", ", retry: {max_attempts: 2}");
    auto const held = claim();
    w_.finish(held.at("each[0]"), no, 1);
    w_.finish(held.at("each[1]"), no, 2);
    EXPECT_EQ(items(), "cancelled failed in_progress");
    w_.finish(held.at("each[2]"), no, 1);
    EXPECT_EQ(items(), "cancelled failed cancelled");
    EXPECT_EQ(w_.task_state(task_), "failed");
    w_.move_clock("1 hour");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(items(), "cancelled failed cancelled");
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_P(Maps, AReportOfALostItemIsRefused) {
    start("$context.l", "[1, 2]");
    auto const held = claim();
    w_.expire_leases();
    auto const again = claim();
    ASSERT_THAT(names(again), ElementsAre("each[0]", "each[1]"));
    EXPECT_EQ(w_.finish(held.at("each[0]"), "1").at(0).kind, "refused");
    w_.finish(again.at("each[0]"), "10");
    EXPECT_EQ(w_.finish(again.at("each[0]"), "10").at(0).kind, "refused");
    w_.finish(again.at("each[1]"), "20");
    EXPECT_EQ(result_of("each"), "[10,20]");
    EXPECT_EQ(counts(), "2/0/2");
}

TEST_P(Maps, AReleasedItemIsClaimedAgain) {
    start("$context.l", "[1, 2]");
    auto const held = claim();
    w_.release(held.at("each[1]"));
    EXPECT_EQ(items(), "in_progress enqueued");
    EXPECT_THAT(names(claim()), ElementsAre("each[1]"));
}

TEST_P(Maps, ACancelledTaskSendsNoMoreItems) {
    start("{over: $context.l, max_parallel: 2}", "[1, 2, 3, 4]");
    auto const held = claim();
    w_.finish(held.at("each[0]"));
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_EQ(items(), "complete cancelled cancelled cancelled");
    EXPECT_EQ(w_.step_state(task_, "each"), "cancelled");
    EXPECT_EQ(w_.finish(held.at("each[1]")).at(0).kind, "refused");
    EXPECT_THAT(w_.claim(), IsEmpty());
    w_.expire_leases();
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Maps, SeveralMapsOfATaskDoNotMix) {
    task_ = w_.create(w_.register_yaml("two", R"(
  - {name: each, handler: {callable: h}, map: $context.l}
  - {name: b, handler: {callable: h}, map: $.each, dependencies: [each]}
  - {name: c, handler: {callable: h}, map: '$.each[*]', dependencies: [each]}
)"),
                      R"({"l": [1, 2]})");
    finish_all();
    EXPECT_EQ(result_of("each"), "[10,20]");
    EXPECT_EQ(result_of("b"), "[100,200]");
    EXPECT_EQ(result_of("c"), "[100,200]");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_P(Maps, AListThatJsonbRefusesFailsItsStepOnly) {
    auto const id = w_.register_yaml("nul", R"(
  - {name: list, handler: {callable: h}}
  - {name: each, handler: {callable: h}, map: $.list, dependencies: [list]}
)");
    task_ = w_.create(id);
    auto const other = w_.create(id);
    auto const roots = w_.claim();
    w_.finish(roots.at(0), R"(["\u0000"])");
    w_.finish(roots.at(1), R"(["x"])");
    EXPECT_EQ(error_of("each"), "map_error");
    EXPECT_EQ(w_.step_state(other, "each"), "waiting");
}

TEST_P(Maps, HandlerMayRunWithItsConditionAndJoin) {
    start("$context.l", "[1]", ", when: $context.l == 2");
    EXPECT_EQ(w_.step_state(task_, "each"), "skipped");
    EXPECT_EQ(w_.messages(), 0);
}

} // namespace
} // namespace tasker::sql::testing
