#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

constexpr int width = 300;

/// Tasks with hundreds of steps, among the first tasks of a database: each function must find each
/// step by its key. A plan that compares the steps with each other reads tens of thousands of rows.
class WideTasks : public ::testing::Test {
protected:
    void create(std::string const& steps, std::string const& context = "{}") {
        task_ = w_.create(w_.register_yaml("wide", steps), context);
        session_.emplace(w_.db().dsn());
    }

    void claim() {
        exec("drop table if exists held");
        exec("create temp table held as select * from "
             "tasker.claim_steps('{tasker_default}', 1, 30, 300, 300)");
    }

    /// `outcome`: an expression over the columns of the claim.
    void finish(std::string const& outcome = "'success'") {
        exec("select f.* from (select array_agg(task_id) as t, array_agg(step_no) as s, "
             "array_agg(delivery) as a, array_agg(msg_id) as m, array_agg((" +
             outcome +
             ")::tasker.outcome) as o, array_agg('{\"message\": \"no\"}'::text) as p, "
             "array_agg(null::int) as r, array_agg(0) as ran from held having count(*) > 0) h, "
             "tasker.finish_steps('tasker_default', 1, 30, 100, h.t, h.s, h.a, h.m, h.o, h.p, h.r, "
             "h.ran) f");
    }

    void run(std::string const& outcome = "'success'") {
        for (int claims = 0; claims < 9; ++claims) {
            claim();
            finish(outcome);
            exec("select tasker.fire_timers(1000)");
            w_.expire_leases(); // of continuations
        }
    }

    void read() {
        exec("select from tasker.get_tasks(array['" + task_ + "'::uuid])");
        exec("select from tasker.list_steps('" + task_ + "', null, -1, 1000)");
    }

    void cancel() {
        exec("select from tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    }

    void exec(std::string const& statement) {
        session_->exec(statement);
    }

    void expect_few_rows() {
        EXPECT_GT(session_->plans(), 20U);
        EXPECT_THAT(session_->faults(5 * width), IsEmpty());
    }

    workflow_database w_;
    std::string task_;
    std::optional<explained_session> session_;
};

std::string names() {
    std::string out = "r0";
    for (int i = 1; i < width; ++i) {
        out += fmt::format(", r{}", i);
    }
    return out;
}

/// A JSON array of as many numbers.
std::string list() {
    std::string out = "[0";
    for (int i = 1; i < width; ++i) {
        out += "," + std::to_string(i);
    }
    return out + "]";
}

/// `keys`: further keys of each, from a comma on.
std::string many(char prefix, std::string const& what, std::string const& keys = "") {
    std::string out;
    for (int i = 0; i < width; ++i) {
        out += fmt::format("  - {{name: {}{}, {}{}}}\n", prefix, i, what, keys);
    }
    return out;
}

constexpr auto handler = "handler: {callable: h}";

TEST_F(WideTasks, OfHandlers) {
    create(many('r', handler, ", retry: {backoff: none}") +
           "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n" +
           many('l', handler, ", dependencies: [z]"));
    claim();
    finish("case when step_no % 3 = 0 then 'retryable_failure' else 'success' end");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    expect_few_rows();
}

TEST_F(WideTasks, WithConditionsAndAllowedFailures) {
    create(many('r', handler, ", allow_failure: true") +
           "  - {name: z, handler: {callable: h}, join: none_failed, dependencies: [" + names() +
           "]}\n" + many('l', handler, ", dependencies: [z], when: $.z.message == \"no\"") +
           many('k', handler, ", dependencies: [z], when: $.z.message == \"yes\""));
    claim();
    finish("case when step_no % 3 = 0 then 'permanent_failure' else 'success' end");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    expect_few_rows();
}

TEST_F(WideTasks, OfSleeps) {
    create(many('r', "sleep: {seconds: 0.001}") +
           "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n" +
           many('l', "sleep: {seconds: 0.001}", ", dependencies: [z]"));
    w_.move_clock("1 minute");
    run();
    w_.move_clock("2 minutes");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    expect_few_rows();
}

TEST_F(WideTasks, WithMaps) {
    create("  - {name: m, handler: {callable: h}, retry: {backoff: none}, "
           "map: {over: '$context[*]', on_item_failure: collect, max_parallel: 200}}\n",
           list());
    claim();
    finish("case step_no / 10000 % 3 when 0 then 'retryable_failure' when 1 then "
           "'permanent_failure' else 'success' end");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    exec("select from tasker.list_items('" + task_ + "', 'm', null, -1, 1000)");
    expect_few_rows();
}

TEST_F(WideTasks, WithChildTasks) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    create(many('r', "workflow: {name: child, context: {n: '${context/n}'}}") +
               "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n",
           R"({"n": 1})");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    exec("select from tasker.list_tasks(null, null, null, null, null, null, null, 100)");
    expect_few_rows();
}

TEST_F(WideTasks, WithMapsOverChildTasks) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    create("  - {name: m, workflow: {name: child, context: {n: '${item}'}}, "
           "map: {over: '$context[*]', on_item_failure: collect, max_parallel: 200}}\n",
           list());
    claim();
    finish("case when msg_id % 3 = 0 then 'permanent_failure' else 'success' end");
    run();
    EXPECT_EQ(w_.task_state(task_), "complete");
    read();
    exec("select from tasker.list_items('" + task_ + "', 'm', null, -1, 1000)");
    expect_few_rows();
}

TEST_F(WideTasks, WithAStoppedMapOverChildTasks) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    create("  - {name: m, workflow: {name: child}, map: $context}\n", list());
    auto const held = w_.claim(10);
    ASSERT_EQ(held.size(), 10U);
    w_.finish(held[0], R"({"message": "no"})", 2);
    w_.db().exec("select tasker.fire_timers(1000)");
    for (std::size_t i = 1; i < held.size(); ++i) {
        w_.finish(held[i]);
    }
    session_.emplace(w_.db().dsn());
    exec("select tasker.fire_timers(1000)");
    EXPECT_EQ(w_.db().value<int>("select items_open from tasker.maps"), width - 10);
    EXPECT_THAT(session_->faults(width / 2.0), IsEmpty()); // the open items are not read
}

TEST_F(WideTasks, WithSignals) {
    std::string steps;
    for (int i = 0; i < width; ++i) {
        steps +=
            fmt::format("  - {{name: r{0}, signal: {{name: s{0}, deadline_seconds: 60}}}}\n", i);
    }
    create(steps + "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n");
    exec("select tasker.signal_task('" + task_ + "', 's7', '1', 'ada')");
    exec("select from tasker.list_signal_waits(null, null, false, null, null, 100)");
    read();
    cancel();
    EXPECT_EQ(w_.task_state(task_), "cancelled");
    expect_few_rows();
}

TEST_F(WideTasks, ThatAreCancelled) {
    create(many('r', handler) + many('s', "sleep: {seconds: 60}") +
           "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n");
    claim();
    finish("case when step_no % 3 = 0 then 'retryable_failure' else 'success' end");
    cancel();
    claim();
    EXPECT_EQ(w_.task_state(task_), "cancelled");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    expect_few_rows();
}

/// Some of the last steps fail, and some of the undo steps are retried.
TEST_F(WideTasks, ThatAreUndone) {
    constexpr auto undo = ", compensate: {callable: u, retry: {backoff: none}}";
    create(many('r', handler, undo) + "  - {name: z, handler: {callable: h}" + undo +
           ", dependencies: [" + names() + "]}\n" +
           many('l', handler, std::string{", dependencies: [z]"} + undo));
    auto const compensation = [&] {
        return w_.db().value<std::string>(
            "select coalesce((select compensation::text from tasker.tasks), '')");
    };
    auto const outcomes = fmt::format(
        "case when step_no between {0} and {1} and step_no % 3 = 0 then 'permanent_failure' "
        "when step_no > {1} and step_no % 7 = 0 and failures = 0 then 'retryable_failure' "
        "else 'success' end",
        width + 1, 2 * width);
    exec("select from tasker.list_compensation('" + task_ + "')");
    run(outcomes);
    run(outcomes);
    EXPECT_EQ(w_.task_state(task_), "failed");
    EXPECT_EQ(compensation(), "complete");
    read();
    exec("select from tasker.list_compensation('" + task_ + "')");
    expect_few_rows();
}

TEST_F(WideTasks, ThatAreRerun) {
    create(many('r', handler, ", compensate: {callable: u}") +
           "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n" +
           many('l', handler, ", dependencies: [z]"));
    run();
    auto const task = task_;
    for (auto const* from : {"r0", "z", "l0"}) {
        exec(fmt::format("select from tasker.rerun_task('{}', '{}')", task, from));
        task_ = w_.of_task(task, "rerun_as -> -1 ->> 'task_id'");
        run(fmt::format("case when step_no = {} then 'permanent_failure' else 'success' end",
                        width + 1));
        EXPECT_EQ(w_.task_state(task_), "failed");
        exec(fmt::format("select from tasker.rerun_task('{}', 'z')", task_));
    }
    read();
    expect_few_rows();
}

TEST_F(WideTasks, ThatPassTheirTimeLimit) {
    create(many('r', handler, ", compensate: {callable: u}, retry: {backoff_base_ms: 60000}") +
           many('s', "sleep: {seconds: 60}") +
           "  - {name: z, handler: {callable: h}, dependencies: [" + names() + "]}\n" +
           "timeout_seconds: 1\n");
    claim();
    finish("case when step_no % 3 = 0 then 'retryable_failure' else 'success' end");
    w_.move_clock("30 seconds");
    exec("select tasker.fire_timers(1000)");
    EXPECT_EQ(w_.task_state(task_), "failed");
    run();
    read();
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    expect_few_rows();
}

} // namespace
} // namespace tasker::sql::testing
