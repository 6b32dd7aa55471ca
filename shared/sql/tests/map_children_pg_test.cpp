#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;

/// Tasks in which `each` runs a child task for each element of the context's list `l`, and `end`
/// gets the results. A child's step fails if its context's `n` is 0.
class MapOverChildren : public ::testing::Test {
protected:
    MapOverChildren() {
        w_.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
    }

    /// `map`: further keys of `map`; `step`: of the step; `context`: of the child tasks.
    void start(std::string const& list, std::string const& map = "", std::string const& step = "",
               std::string const& context = "{n: '${item}', at: '${index}', of: '${context/l}'}") {
        task_ = w_.create(
            w_.register_yaml("t" + std::to_string(++templates_),
                             "  - {name: each, map: {over: $context.l" + map +
                                 "}, workflow: {name: child, context: " + context + "}" + step +
                                 "}\n"
                                 "  - {name: end, handler: {callable: h}, dependencies: [each], "
                                 "join: all_done}\n"),
            R"({"l": )" + list + "}");
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    /// Runs the steps that a worker gets now.
    void run_once() {
        for (auto const& step : w_.claim()) {
            auto const n = w_.db().value<std::string>(
                "select coalesce(context ->> 'n', 'null') from tasker.tasks where task_id = '" +
                step.task_id + "'");
            w_.finish(step, n == "0" ? R"({"message":"no","type":"x"})" : n, n == "0" ? 2 : 0);
        }
    }

    void run() {
        for (int idle = 0; idle < 2;) {
            auto const before = w_.messages();
            run_once();
            idle = before == 0 && fire() == 0 ? idle + 1 : 0;
        }
    }

    std::string items() {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(string_agg(state, ' ' order by index), '') "
                        "from tasker.list_items('{}', 'each', null, -1, 1000)",
                        task_));
    }

    /// "0 complete, 1 failed": the child tasks, by the index of their items.
    std::string children() {
        return w_.db().value<std::string>(fmt::format(
            "select coalesce(string_agg(tasker.item_index(c.step_no) || ' ' || t.state, ', ' "
            "order by c.step_no, c.attempt), '') from tasker.child_tasks c "
            "join tasker.tasks t on t.task_id = c.child_id where c.task_id = '{}'",
            task_));
    }

    std::string shown(std::string const& column) {
        return w_.shown(task_, "each", column);
    }

    workflow_database w_;
    std::string task_;
    int templates_ = 0;
};

TEST_F(MapOverChildren, TheResultHasThatOfEachChild) {
    start("[3, 1, 2]");
    EXPECT_EQ(items(), "waiting waiting waiting");
    EXPECT_EQ(shown("waiting_for"), "items");
    EXPECT_EQ(w_.task_state(task_), "running");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select string_agg(context::text, ' ' order by parent_step) from tasker.tasks "
                  "where parent_task is not null"),
              R"({ "at" : 0, "n" : 3, "of" : [3, 1, 2] } { "at" : 1, "n" : 1, "of" : [3, 1, 2] } )"
              R"({ "at" : 2, "n" : 2, "of" : [3, 1, 2] })");
    EXPECT_EQ(w_.db().value<std::string>(
                  fmt::format("select string_agg(parent_step, ' ' order by parent_step) from "
                              "tasker.list_tasks(null, null, null, null, null, null, null, 100, "
                              "p_parent => '{}')",
                              task_)),
              "each[0] each[1] each[2]");
    run();
    EXPECT_EQ(items(), "complete complete complete");
    EXPECT_EQ(w_.db().value<std::string>("select result::jsonb::text from tasker.list_steps('" +
                                         task_ + "', 'each', -1, 1)"),
              R"([{"x": 3}, {"x": 1}, {"x": 2}])");
    EXPECT_EQ(w_.step_state(task_, "end"), "complete");
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_F(MapOverChildren, PlaceholdersHaveTheSameMeaningWithAndWithoutAnItem) {
    start(R"([{"n": null}])", "", "",
          "{a: '${item/n:-none}', b: ['${context/no:-5} of $${context/l} ${index}'], "
          "c: {'${index}': '${context/l/0}'}, d: '${item}'}");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select context::jsonb::text from tasker.tasks where parent_task is not null"),
              R"({"a": "none", "b": ["5 of ${context/l} 0"], "c": {"${index}": {"n": null}}, )"
              R"("d": {"n": null}})");
}

/// Read for each item, eight megabytes would take minutes.
TEST_F(MapOverChildren, TheContextIsReadOnceForAllItems) {
    w_.db().exec("set statement_timeout = '30s'");
    start(w_.db().value<std::string>(
              "select json_agg(repeat('x', 4000)) from generate_series(1, 2000)"),
          "", "", "{at: '${index}', to: '${context/to:-1}'}");
    EXPECT_EQ(w_.db().value<std::string>("select count(*) || ' ' || min(context ->> 'to') from "
                                         "tasker.tasks where parent_task is not null"),
              "2000 1");
}

TEST_F(MapOverChildren, AnEmptyListHasNoChildren) {
    start("[]");
    run();
    EXPECT_EQ(shown("result"), "[]");
    EXPECT_EQ(children(), "");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(MapOverChildren, ChildrenStartInWaves) {
    start("[1, 2, 3]", ", max_parallel: 2");
    EXPECT_EQ(items(), "waiting waiting pending");
    EXPECT_EQ(children(), "0 pending, 1 pending");
    run_once();
    fire();
    EXPECT_EQ(items(), "complete complete waiting");
    EXPECT_EQ(children(), "0 complete, 1 complete, 2 pending");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(MapOverChildren, TheFirstFailureStopsWhatHasNotStarted) {
    start("[0, 2, 3]", ", max_parallel: 1");
    run();
    EXPECT_EQ(items(), "failed cancelled cancelled");
    EXPECT_EQ(children(), "0 failed");
    EXPECT_EQ(shown("error->>'type'"), "item_failed");
    EXPECT_EQ(w_.step_state(task_, "end"), "complete");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(MapOverChildren, ChildrenThatHaveStartedEndBeforeTheFailedMap) {
    start("[0, 2]");
    auto const held = w_.claim();
    ASSERT_EQ(held.size(), 2);
    auto const failing = static_cast<std::size_t>(
        w_.db().value<std::string>("select context ->> 'n' from tasker.tasks where task_id = '" +
                                   held[0].task_id + "'") == "0"
            ? 0
            : 1);
    w_.finish(held[failing], R"({"message":"no","type":"x"})", 2);
    fire();
    EXPECT_EQ(items(), "failed waiting");
    EXPECT_EQ(w_.step_state(task_, "each"), "waiting");
    w_.finish(held[1 - failing], "2");
    run();
    EXPECT_EQ(items(), "failed complete");
    EXPECT_EQ(w_.step_state(task_, "each"), "failed");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(MapOverChildren, FailuresMayBeCollected) {
    start("[1, 0, 3]", ", on_item_failure: collect");
    run();
    EXPECT_EQ(items(), "complete failed complete");
    EXPECT_EQ(w_.db().value<std::string>("select result::jsonb::text from tasker.list_steps('" +
                                         task_ + "', 'each', -1, 1)"),
              R"([{"x": 1}, null, {"x": 3}])");
    EXPECT_THAT(shown("error->>'message'"), HasSubstr("1 of 3 items failed; item 1: "));
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(MapOverChildren, AFailedChildIsRetriedAsANewOne) {
    start("[0, 2]", "", ", retry: {max_attempts: 2, backoff: none}");
    run();
    EXPECT_EQ(children(), "0 failed, 0 failed, 1 complete");
    EXPECT_EQ(items(), "failed complete");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(MapOverChildren, AnItemThatWaitsForItsRetryIsCancelledWithTheMap) {
    start("[0, 0]", "", ", retry: {max_attempts: 2, backoff: linear, backoff_base_ms: 600000}");
    run();
    EXPECT_EQ(items(), "waiting waiting");
    w_.db().exec("update tasker.timers set due_at = now() where (task_id, step_no) = "
                 "(select task_id, min(step_no) from tasker.timers group by 1)");
    run();
    EXPECT_EQ(children(), "0 failed, 0 failed, 1 failed");
    EXPECT_EQ(items(), "failed cancelled");
    EXPECT_EQ(w_.step_state(task_, "each"), "failed");
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_F(MapOverChildren, AChildThatFailsAfterTheMapStoppedIsNotRetried) {
    start("[0, 0]", "", ", retry: {max_attempts: 2, backoff: linear, backoff_base_ms: 600000}");
    auto const held = w_.claim();
    ASSERT_EQ(held.size(), 2);
    w_.finish(held[0], R"({"message":"no","type":"x"})", 2);
    fire();
    w_.db().exec("update tasker.timers set due_at = now()");
    fire();
    run_once();
    fire();
    EXPECT_EQ(w_.db().value<int>("select items_failed from tasker.maps"), 1);
    w_.finish(held[1], R"({"message":"no","type":"x"})", 2);
    run();
    EXPECT_EQ(w_.step_state(task_, "each"), "failed");
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_F(MapOverChildren, AChildThatCannotBeCreatedFailsItsItem) {
    start(R"([{"n": 1}, {}])", ", on_item_failure: collect", "", "{n: '${item/n}'}");
    run();
    EXPECT_EQ(items(), "complete failed");
    EXPECT_EQ(
        w_.db().value<std::string>("select error ->> 'type' || ': ' || (error ->> 'message') from "
                                   "tasker.list_items('" +
                                   task_ + "', 'each', 'failed', -1, 1)"),
        "invalid_placeholder: workflow.context: \"${item/n}\" has no value");
    EXPECT_EQ(w_.task_state(task_), "complete");
}

TEST_F(MapOverChildren, CancelReachesTheChildrenOfAllItems) {
    start("[1, 2, 3]", ", max_parallel: 2");
    w_.claim(1);
    w_.db().exec("select from tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_EQ(children(), "0 cancelled, 1 cancelled");
    EXPECT_EQ(items(), "cancelled cancelled cancelled");
    fire();
    EXPECT_EQ(w_.task_state(task_), "cancelled");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

} // namespace
} // namespace tasker::sql::testing
