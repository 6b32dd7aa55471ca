#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <ostream>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

constexpr int batch = 100;
/// A fan-out doubles a batch; a table that is scanned has 6,000 rows or more.
constexpr double most_rows = 8 * batch;

/// The tables that the statistics are taken from.
struct data_seen {
    std::string name;
    int tasks;
    std::string state; ///< of all of them
};

std::ostream& operator<<(std::ostream& out, data_seen const& seen) {
    return out << seen.tasks << " tasks, " << seen.state;
}

/// Tasks of two steps each that are no longer, or not yet, of interest.
void add_history(workflow_database& w, int template_id, int tasks, std::string const& state) {
    bool const is_done = state == "complete";
    w.db().exec("set session_replication_role = replica"); // no trigger checks these moves
    w.db().exec(fmt::format(
        "with added as (insert into tasker.tasks (task_id, template_id, state, priority, "
        "steps_active, steps_waiting, steps_failed, created_at, idempotency_key, context) "
        "select tasker.uuid_v7(), {}, '{}', 2, {}, 0, 0, now(), 'h' || random(), '{{}}' "
        "from generate_series(1, {}) returning task_id, template_id, idempotency_key), "
        "keyed as (insert into tasker.idempotency_keys select 1, idempotency_key, task_id, '' "
        "from added) "
        "insert into tasker.steps (task_id, step_no, template_id, parents_total, parents_done, "
        "state, delivery, result) select a.task_id, n, a.template_id, 0, 0, '{}', 1, '1' "
        "from added a, generate_series(0, 1) n",
        template_id, state, is_done ? 0 : 2, tasks, is_done ? "complete" : "in_progress"));
    w.db().exec(fmt::format("insert into tasker.timers select now() + interval '1 day', "
                            "tasker.uuid_v7(), 0, 'retry', 'tasker_default', 1e9 + n "
                            "from generate_series(1, {}) n",
                            tasks));
    w.db().exec(fmt::format("select count(tasker.register_worker('w' || random(), '{{default}}')) "
                            "from generate_series(1, {})",
                            tasks));
    w.db().exec(fmt::format(
        "insert into pgmq.q_tasker_default (vt, message) select now() + interval '1 day', '{{}}' "
        "from generate_series(1, {})",
        is_done ? 0 : std::min(tasks, 300)));
    w.db().exec("reset session_replication_role");
}

/// Many rows that nothing uses.
void add_templates(workflow_database& w, int count) {
    w.db().exec(fmt::format(
        "with added as (insert into tasker.templates (namespace_id, namespace, name, version, "
        "environment, hash, definition, has_input_schema, steps_total, roots, leaves, is_dynamic, "
        "has_dynamic_roots, created_at) "
        "select 1, 'default', 't' || random(), '1.0.0', 'default', '', '{{}}', false, 4, '{{0}}', "
        "'{{3}}', false, false, now() from generate_series(1, {}) returning template_id) "
        "insert into tasker.template_steps (template_id, step_no, name, parents, children, "
        "child_parents, handler, initialization, retryable, max_attempts, backoff, "
        "backoff_base_ms, max_backoff_ms, jitter, join_rule, otherwise, allow_failure, kind) "
        "select template_id, n, 's' || n, '{{}}', '{{}}', '{{}}', "
        "'h', '{{}}', true, 3, 'none', 0, 0, true, 'all_complete', 'skip', false, 'handler' from "
        "added, "
        "generate_series(0, 3) n",
        count));
}

class Plans : public ::testing::TestWithParam<data_seen> {
protected:
    Plans() {
        w_.db().exec("do $$ declare t regclass; begin for t in select oid from pg_class "
                     "where relkind = 'r' and relnamespace in ('tasker'::regnamespace, "
                     "'pgmq'::regnamespace) loop "
                     "execute format('alter table %s set (autovacuum_enabled = false)', t); "
                     "end loop; end $$");
        diamond_ = w_.register_template("diamond", "a; b<a; c<a; d<b,c", R"({"backoff":"none"})");
        chain_ = w_.register_template("chain", "a; b<a; c<b");
        branches_ = w_.register_yaml(
            "branches",
            "  - {name: a, handler: {callable: h}}\n"
            "  - {name: r, handler: {callable: h}, when: $context.go == true}\n"
            "  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a == 1}\n"
            "  - {name: c, handler: {callable: h}, dependencies: [a, r], when: $.a > 1}\n"
            "  - {name: d, handler: {callable: h}, dependencies: [b, c], join: all_done}\n");
        waits_ = w_.register_yaml(
            "waits",
            "  - {name: s, sleep: {seconds: 0.001}}\n"
            "  - {name: p, sleep: {until: '2020-01-01T00:00:00Z'}}\n"
            "  - {name: r, handler: {callable: h}, dependencies: [p],"
            " repeat: {until: $result > 1 || $.p == 1 || $iteration == 2, delay_seconds: 0.001}}\n"
            "  - {name: e, sleep: {until: '${parents/r/at:-2020-01-01T00:00:00Z}'},"
            " dependencies: [s, r], publishes_events: [{name: e, condition: always}]}\n");
        map_ = w_.register_yaml("map", "  - {name: a, handler: {callable: h}}\n"
                                       "  - {name: m, handler: {callable: h}, dependencies: [a], "
                                       "map: {over: $context.l, max_parallel: 1}}\n"
                                       "  - {name: d, handler: {callable: h}, dependencies: [m], "
                                       "map: {over: $.m, on_item_failure: collect}}\n");
        w_.register_yaml("kid", "  - {name: k, handler: {callable: h}}\n");
        parents_ = w_.register_yaml(
            "parents", "  - {name: p, workflow: {name: kid, context: {a: '${context/a:-1}'}}, "
                       "retry: {max_attempts: 2, backoff: none}}\n");
        family_ = w_.register_yaml(
            "family", "  - {name: m, workflow: {name: kid, context: {a: '${item}'}}, "
                      "map: {over: $context.l, max_parallel: 1}, retry: {max_attempts: 2, backoff: "
                      "none}}\n");
        asks_ = w_.register_yaml(
            "asks", "  - {name: a, handler: {callable: h}}\n"
                    "  - {name: w, signal: {name: go, deadline_seconds: 0.001, quorum: 2}}\n"
                    "  - {name: v, signal: {name: late}, dependencies: [a]}\n"
                    "  - {name: k, signal: {name: paid, key: $.a}, dependencies: [a]}\n");
        saga_ = w_.register_yaml(
            "saga",
            "  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
            "  - {name: b, handler: {callable: h}, compensate: {callable: u}, dependencies: [a]}\n"
            "  - {name: c, handler: {callable: h}, dependencies: [b]}\n"
            "timeout_seconds: 0.001\n");
        hooked_ = w_.register_yaml("hooked", "  - {name: a, handler: {callable: h}}\n"
                                             "timeout_seconds: 60\n"
                                             "on_failure: {workflow: {name: kid}}\n"
                                             "on_complete: {workflow: {name: kid}}\n");
        w_.register_yaml("ends",
                         "  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                         "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                         "  - {name: m, handler: {callable: h}, map: $context.l}\n"
                         "  - {name: p, workflow: {name: kid}}\n"
                         "  - {name: s, sleep: {seconds: 60}}\n");
        // The tables grow after the statistics were taken, and the plans stay.
        add_templates(w_, GetParam().tasks / 10);
        add_history(w_, diamond_, GetParam().tasks, GetParam().state);
        w_.db().exec("analyze");
        session_.emplace(w_.db().dsn());
        run_all(); // plans are made here, and kept
        session_->faults(most_rows);
        add_templates(w_, 1000);
        add_history(w_, diamond_, 6000, "complete");
    }

    void exec(std::string const& statement) {
        session_->exec(statement);
    }

    void create(int template_id, std::string const& key, int priority = 2, int count = batch) {
        exec(fmt::format(
            "select from tasker.create_tasks(array(select tasker.uuid_v7() from "
            "generate_series(1, {0})), array_fill({1}, array[{0}]), "
            "array_fill({3}::int2, array[{0}]), array_fill('{{\"l\": [1, 2]}}'::text, array[{0}]), "
            "array(select {2} from generate_series(1, {0}) n))",
            count, template_id, key, priority));
    }

    /// Leases a batch, which temporary table `held` keeps.
    void claim() {
        exec("drop table if exists held");
        exec(fmt::format(
            "create temp table held as select * from "
            "tasker.claim_steps('{{tasker_default__p4,tasker_default}}', 1, 30, {0}, {0})",
            batch));
    }

    void finish(std::string const& outcomes, int take) {
        exec(fmt::format(
            "drop table if exists taken; create temp table taken as "
            "select f.* from (select array_agg(task_id) as t, array_agg(step_no) as s, "
            "array_agg(delivery) as a, array_agg(msg_id) as m, array_agg({}) as o, "
            "array_agg(case when msg_id % 10 > 6 then '{{\"message\":\"x\"}}' else '1' end) as p, "
            "array_agg(null::int) as r, array_agg(0) as ran from held having count(*) > 0) h, "
            "tasker.finish_steps('tasker_default', 1, 30, {}, h.t, h.s, h.a, h.m, h.o, h.p, h.r, "
            "h.ran) f",
            outcomes, take));
    }

    void of_held(std::string const& call) {
        exec("select " + call +
             " from (select array_agg(task_id) as t, array_agg(step_no) as s, array_agg(delivery) "
             "as a, array_agg(msg_id) as m from held having count(*) > 0) h");
    }

    /// Each function of the core, and each way through it.
    void run_all() {
        run_children();
        create(diamond_, "null::text");
        create(chain_, "'k' || n");
        create(chain_, "'k' || n"); // they exist
        create(branches_, "null::text");
        create(waits_, "null::text");
        create(map_, "null::text");
        exec("select tasker.create_task('default', 'diamond')");
        exec("select tasker.create_task('default', 'chain', '1.0.0', p_key => 'one')");
        exec("select tasker.create_task('default', 'chain', p_labels => '{\"team\": \"a\"}')");
        claim();
        of_held("tasker.extend_leases('tasker_default', 30, h.t, h.s, h.a, h.m)");
        of_held("tasker.start_steps(h.t, h.s, h.a, h.s)");
        of_held("tasker.store_progress(h.t, h.s, h.a, h.s, h.s::text[], array_fill(0.5::float8, "
                "array[cardinality(h.s)]), "
                "h.s::text[])");
        of_held("tasker.store_progress(h.t, h.s, h.a, h.m::int[], h.s::text[], "
                "array_fill(0.5::float8, array[cardinality(h.s)]), h.s::text[], "
                "array_fill('{\"tokens\": 1}'::text, array[cardinality(h.s)]))");
        finish("(case msg_id % 10 when 9 then 'permanent_failure' when 8 then 'retryable_failure' "
               "when 7 "
               "then 'retryable_failure' else 'success' end)::tasker.outcome",
               0);
        finish("'success'::tasker.outcome", 0); // all are refused
        exec("select from tasker.fire_timers(1000)");
        claim();
        of_held("tasker.release_steps('tasker_default', h.t, h.s, h.a, h.m)");
        claim();
        exec("update pgmq.q_tasker_default set vt = now() where read_ct > 0 and vt < now() + "
             "interval '1 hour'");
        claim(); // their worker lost the leases of some or all
        finish("'success'::tasker.outcome", batch);
        finish_alone();
        run_hooks();
        cancel();
        compensate();
        for (int i = 0; i < 20; ++i) {
            claim();
            finish("'success'::tasker.outcome", 0);
            exec("select from tasker.fire_timers(1000)");
        }
        end_runs();
        send_signals();
        read();
        exec("select tasker.register_worker('again', '{default}')");
        exec("select tasker.flush_notifications()");
        exec("select tasker.next_visible_ms('{tasker_default__p4,tasker_default}', true)");
    }

    /// Child tasks that are complete, fail, are retried, are cancelled with their parents, and are
    /// listed.
    void run_children() {
        create(parents_, "null::text");
        create(family_, "null::text");
        claim();
        finish("(case msg_id % 10 when 9 then 'permanent_failure' else 'success' end)"
               "::tasker.outcome",
               0);
        exec("select from tasker.fire_timers(1000)");
        exec("select from tasker.fire_timers(1000)"); // the retries
        create(parents_, "null::text");
        exec(fmt::format("select from tasker.cancel_tasks(array(select task_id from tasker.tasks "
                         "where template_id = {} and state = 'running' order by task_id desc "
                         "limit {}), true)",
                         parents_, batch / 2));
        exec("select from tasker.list_tasks(null, null, null, null, null, null, null, 100, "
             "p_children => true)");
        exec("select from tasker.list_tasks(null, null, null, null, null, null, null, 100, "
             "p_parent => (select task_id from tasker.child_tasks limit 1))");
        claim();
        finish("'success'::tasker.outcome", 0);
        claim();
        finish("'success'::tasker.outcome", 0);
        exec("select from tasker.fire_timers(1000)");
    }

    /// Some come before their steps wait, one after a deadline.
    void send_signals() {
        exec("select tasker.signal_by_key('default', 'paid', '1')");
        create(asks_, "null::text");
        auto const newest = fmt::format(
            "(select task_id from tasker.tasks order by task_id desc limit {}) t", batch / 10);
        exec("select tasker.signal_task(task_id, 'go', '1', 'ada') from " + newest);
        exec("select tasker.signal_task(task_id, 'late') from " + newest);
        claim();
        finish("'success'::tasker.outcome", 0);
        exec("select tasker.signal_by_key('default', 'paid', '1')");
        exec("select from tasker.fire_timers(1000)");
        exec("select from tasker.list_signal_waits('default', null, false, null, null, 50)");
        exec("select from tasker.cancel_tasks(array(select task_id from " + newest + "))");
    }

    void finish_alone() {
        for (auto const& row : session_->exec(
                 "select queue, task_id, step_no, delivery, msg_id from taken where not refused "
                 "order by msg_id limit 3")) {
            exec(fmt::format(
                "select * from tasker.finish_step('{}', 1, 30, 1, '{}', {}, {}, {}, '1', 0)",
                row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str(), row[4].c_str()));
        }
    }

    /// Tasks with hooks end.
    void run_hooks() {
        create(hooked_, "null::text", 4, batch / 5);
        claim();
        finish("(case msg_id % 10 when 9 then 'permanent_failure' else 'success' end)"
               "::tasker.outcome",
               0);
        exec("select from tasker.get_tasks(array(select task_id from held))");
    }

    /// Some that run and some that do not; the claims after it find their messages.
    void cancel() {
        exec(fmt::format("select from tasker.cancel_tasks(array(select task_id from tasker.tasks "
                         "where state in ('pending', 'running') order by task_id desc limit {}))",
                         batch / 2));
    }

    /// Half of the tasks are cancelled; the others pass their time limit.
    void compensate() {
        create(saga_, "null::text", 4);
        claim();
        finish("'success'::tasker.outcome", 0);
        exec(fmt::format("select from tasker.cancel_tasks(array(select task_id from tasker.tasks "
                         "where template_id = {} and state in ('pending', 'running') order by "
                         "task_id limit {}), "
                         "true)",
                         saga_, batch / 2));
        exec(fmt::format("select from tasker.list_compensation((select min(task_id::text)::uuid "
                         "from tasker.tasks where template_id = {}))",
                         saga_));
        exec("select from tasker.fire_timers(1000)");
        exec("select from tasker.fire_timers(1000)");
        claim();
        finish("'success'::tasker.outcome", batch);
    }

    void end_runs() {
        exec("select tasker.create_task('default', 'ends', p_context => '{\"l\": [1, 2, 3]}') "
             "from generate_series(1, 30)");
        claim();
        finish("(array['success', 'finish', 'fail_task', 'retryable_failure', 'permanent_failure'])"
               "[1 + msg_id % 5]::tasker.outcome",
               batch);
        exec("select from tasker.fire_timers(1000)");
    }

    void read() {
        auto const newest = fmt::format(
            "array(select task_id from tasker.tasks order by task_id desc limit {})", batch);
        exec("select from tasker.get_tasks(" + newest + ")");
        exec("select from tasker.finished_tasks(" + newest + ")");
        for (auto const* filters :
             {"null, null, null, null, null, null",
              "'default', 'diamond', '1.0.0', null, null, null",
              "null, null, null, 'pending', now() + interval '1 hour', null",
              "null, null, null, 'running', now() + interval '1 hour', null",
              "null, null, null, 'waiting', now() + interval '1 hour', null",
              "null, null, null, null, now() - interval '1 hour', now() + interval '1 hour'"}) {
            exec(fmt::format("select from tasker.list_tasks({}, null, {})", filters, batch));
        }
        exec("select from tasker.list_tasks(null, null, null, null, null, null, null, 50, "
             "p_labels => '{\"team\": \"a\", \"tier\": \"b\"}')");
        exec("select from tasker.list_tasks(null, null, null, null, null, null, null, 50, "
             "p_labels => '{\"team\": \"a\"}', p_context_pointer => '/a/b', "
             "p_context_value => '1')");
        for (auto const* name : {"null", "'d'"}) {
            exec(
                fmt::format("select from tasker.list_steps((select task_id from tasker.tasks order "
                            "by task_id desc limit 1), {}, -1, 10)",
                            name));
        }
        exec("select from tasker.list_items((select task_id from tasker.maps order by task_id desc "
             "limit 1), 'm', null, -1, 10)");
        exec("select from tasker.get_templates('default', 'diamond', '1.0.0', 0, 1, true)");
        exec("select from tasker.get_templates('default', 'diamond', null, 0, 10, false)");
        exec("select from tasker.get_templates(null, null, null, 0, 10, false)");
    }

    workflow_database w_;
    int diamond_ = 0;
    int chain_ = 0;
    int branches_ = 0;
    int waits_ = 0;
    int map_ = 0;
    int parents_ = 0;
    int family_ = 0; ///< maps over child tasks
    int asks_ = 0;
    int saga_ = 0;
    int hooked_ = 0;
    std::optional<explained_session> session_;
};

TEST_P(Plans, NoStatementOfTheCoreScansATable) {
    run_all();
    EXPECT_GT(session_->plans(), 100U);
    EXPECT_THAT(session_->faults(most_rows), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(AfterAnalyzeOf, Plans,
                         ::testing::Values(data_seen{"EmptyTables", 0, "complete"},
                                           data_seen{"AFewTasks", 3, "complete"},
                                           data_seen{"ASmallHistory", 100, "complete"},
                                           data_seen{"AHistory", 300, "complete"},
                                           data_seen{"ALargerHistory", 600, "complete"},
                                           data_seen{"ALargeHistory", 20000, "complete"},
                                           data_seen{"ABacklog", 300, "running"},
                                           data_seen{"ALargeBacklog", 5000, "running"}),
                         [](auto const& each) { return each.param.name; });

} // namespace
} // namespace tasker::sql::testing
