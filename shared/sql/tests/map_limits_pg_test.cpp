#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <vector>

namespace tasker::sql::testing {
namespace {

constexpr auto mapped = "  - {name: list, handler: {callable: h}}\n"
                        "  - {name: each, handler: {callable: h}, dependencies: [list], map: ";

/// A task whose step `list` returns `list`, an SQL expression of type json; `map` is the key.
std::string start(workflow_database& w, std::string const& list,
                  std::string const& map = "{over: $.list, max_parallel: 1}") {
    auto task = w.create(w.register_yaml("t", mapped + map + "}\n"));
    auto const step = w.claim().at(0);
    w.finish(step, w.db().value<std::string>("select (" + list + ")::text"));
    return task;
}

/// An array of this many zeros.
std::string zeros(int count) {
    return fmt::format("select json_agg(0) from generate_series(1, {})", count);
}

/// An array of `count` texts that take this many bytes as JSON.
std::string texts(int count, int bytes) {
    return fmt::format("select json_agg(repeat('x', {})) from generate_series(1, {})", bytes - 2,
                       count);
}

TEST(MapLimits, AListHasAtMostAHundredThousandElements) {
    {
        workflow_database w;
        auto const task = start(w, zeros(100'000));
        EXPECT_EQ(w.shown(task, "each", "items_total"), "100000");
    }
    workflow_database w;
    auto const task = start(w, zeros(100'001));
    EXPECT_EQ(w.shown(task, "each", "error->>'type'"), "too_many_items");
    EXPECT_EQ(w.shown(task, "each", "error->>'message'"),
              "a map takes at most 100000 elements, not 100001");
}

/// Without statistics, a plan that compares each item with each row would take half an hour.
TEST(MapLimits, AHundredThousandItemsAreStoppedByTheirKeys) {
    workflow_database w;
    auto const task = start(w, zeros(100'000));
    w.db().exec("set statement_timeout = '60s'");
    w.finish(w.claim().at(0), R"({"message": "no"})", 2);
    EXPECT_EQ(w.shown(task, "each", "state"), "failed");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.steps where state = 'cancelled'"),
              99'999);
}

TEST(MapLimits, AnElementTakesAtMostAMebibyte) {
    {
        workflow_database w;
        auto const task = start(w, texts(1, 1'048'576));
        EXPECT_EQ(w.shown(task, "each", "state"), "waiting");
    }
    workflow_database w;
    auto const task = start(w, texts(1, 1'048'577));
    EXPECT_EQ(w.shown(task, "each", "error->>'type'"), "item_too_large");
}

TEST(MapLimits, TheResultTakesAtMost64Mebibytes) {
    for (bool const fits : {true, false}) {
        workflow_database w;
        auto const task = start(w, zeros(fits ? 64 : 65), "$.list");
        auto const one = '"' + std::string(1'048'574, 'x') + '"';
        int large = 64; // together 64 MiB
        for (auto const& step : w.claim()) {
            w.finish(step, large-- > 0 ? one : "0");
        }
        EXPECT_EQ(w.shown(task, "each", "state"), fits ? "complete" : "failed");
        EXPECT_EQ(w.shown(task, "each", "error->>'type'"), fits ? "" : "result_too_large");
    }
}

/// A session that runs a statement on a thread.
std::future<std::vector<std::string>> run(std::string const& dsn, std::string const& statement) {
    return std::async(std::launch::async, [dsn, statement] {
        pqxx::connection session{dsn};
        pqxx::work work{session};
        std::vector<std::string> names;
        for (auto const& row : work.exec(statement)) {
            names.emplace_back(row["name"].c_str());
        }
        work.commit();
        return names;
    });
}

std::string report(held_step const& step, std::string const& outcome, std::string const& payload,
                   int take = 0) {
    return fmt::format(
        "select * from tasker.finish_steps('{}', 1, 30, {}, array['{}']::uuid[], '{{{}}}', "
        "'{{{}}}', '{{{}}}', '{{{}}}', array['{}'], array[null::int], '{{0}}')",
        step.queue, take, step.task_id, step.step_no, step.delivery, step.msg_id, outcome, payload);
}

bool wait_for_blocked(workflow_database& w, int count) {
    return tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<int>("select count(*) from pg_stat_activity where datname = "
                                 "current_database() and wait_event_type = 'Lock'") == count;
    });
}

TEST(ItemsThatEndTogether, EndTheMapOnce) {
    workflow_database w;
    auto const task = start(w, "'[1, 2]'", "$.list");
    auto const held = w.claim();
    ASSERT_EQ(held.size(), 2U);
    pqxx::connection session{w.db().dsn()};
    pqxx::work first{session};
    first.exec(report(held[0], "success", "10"));
    auto second = run(w.db().dsn(), report(held[1], "success", "20"));
    ASSERT_TRUE(wait_for_blocked(w, 1));
    first.commit();
    second.get();
    EXPECT_EQ(w.shown(task, "each", "result"), "[10,20]");
    EXPECT_EQ(w.task_state(task), "complete");
}

TEST(ItemsThatEndTogether, OfWhichBothFailEndTheMapOnce) {
    workflow_database w;
    auto const task = start(w, "'[1, 2, 3]'", "$.list");
    auto const held = w.claim(2);
    ASSERT_EQ(held.size(), 2U);
    pqxx::connection session{w.db().dsn()};
    pqxx::work first{session};
    first.exec(report(held[0], "permanent_failure", R"({"message": "no", "type": "x"})"));
    auto second = run(w.db().dsn(),
                      report(held[1], "permanent_failure", R"({"message": "no", "type": "x"})"));
    ASSERT_TRUE(wait_for_blocked(w, 1));
    first.commit();
    second.get();
    EXPECT_EQ(w.shown(task, "each", "error->>'message'"), "2 of 3 items failed; item 0: no");
    EXPECT_EQ(w.task_state(task), "failed");
}

TEST(ItemsThatEndTogether, SendEachOfTheNextItemsOnce) {
    workflow_database w;
    auto const task = start(w, "'[1, 2, 3, 4, 5]'", "{over: $.list, max_parallel: 2}");
    auto const held = w.claim();
    ASSERT_EQ(held.size(), 2U);
    pqxx::connection session{w.db().dsn()};
    pqxx::work first{session};
    EXPECT_STREQ(first.exec(report(held[0], "success", "10", 9)).at(0)["name"].c_str(), "each[2]");
    auto second = run(w.db().dsn(), report(held[1], "success", "20", 9));
    ASSERT_TRUE(wait_for_blocked(w, 1));
    first.commit();
    EXPECT_EQ(second.get(), std::vector<std::string>{"each[3]"});
}

TEST(ItemsThatEndTogether, StopAnItemThatIsBeingClaimedByItsOwnReport) {
    workflow_database w;
    auto const task = start(w, "'[1, 2, 3]'", "$.list");
    auto const failing = w.claim(1).at(0);
    pqxx::connection session{w.db().dsn()};
    pqxx::work claim{session};
    auto const claimed =
        claim.exec("select * from tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)");
    w.finish(failing, R"({"message": "no", "type": "x"})", 2); // waits for no claim
    claim.commit();
    EXPECT_EQ(w.shown(task, "each", "state"), "waiting");
    held_step const late{.queue = "tasker_default",
                         .msg_id = claimed[0]["msg_id"].as<std::int64_t>(),
                         .task_id = task,
                         .step_no = claimed[0]["step_no"].as<int>(),
                         .delivery = 1};
    w.finish(late, "1");
    EXPECT_EQ(w.shown(task, "each", "state"), "failed");
    EXPECT_EQ(w.task_state(task), "failed");
}

TEST(ItemsThatEndTogether, WithACancellationLeaveTheTaskCancelled) {
    workflow_database w;
    auto const task = start(w, "'[1, 2, 3]'", "{over: $.list, max_parallel: 1}");
    auto const held = w.claim().at(0);
    pqxx::connection session{w.db().dsn()};
    pqxx::work first{session};
    first.exec(report(held, "success", "10"));
    auto cancel = std::async(std::launch::async, [&] {
        pqxx::connection other{w.db().dsn()};
        pqxx::work work{other};
        work.exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
        work.commit();
    });
    ASSERT_TRUE(wait_for_blocked(w, 1));
    first.commit();
    cancel.get();
    EXPECT_EQ(w.task_state(task), "cancelled");
    EXPECT_EQ(w.db().value<std::string>("select string_agg(state, ' ' order by index) from "
                                        "tasker.list_items('" +
                                        task + "', 'each', null, -1, 9)"),
              "complete cancelled cancelled");
    EXPECT_TRUE(w.claim().empty());
}

} // namespace
} // namespace tasker::sql::testing
