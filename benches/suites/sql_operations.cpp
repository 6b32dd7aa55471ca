#include "sql_operations.hpp"

#include "tasker/measure/clock.hpp"
#include "tasker/queue/templates.hpp"

#include <algorithm>
#include <optional>

namespace tasker::suites {

namespace {

using measure::beside;
using measure::ensure;
using measure::sample_tasks;
using measure::session;
using measure::timing;

/// As the worker claims, extends and returns steps: on a connection whose commits need not be
/// durable.
template <class Function>
timing timed_quick(populated& in, Function&& work) {
    static constexpr pg::statement off{"bench_quick", "/* upkeep */ set synchronous_commit = off"};
    static constexpr pg::statement durable{"bench_durable",
                                           "/* upkeep */ set synchronous_commit = on"};
    auto& on = in.stage().on();
    on.query(off);
    auto const took = on.timed(work);
    on.query(durable);
    return took;
}

timing create(populated& in, std::size_t tasks) {
    std::optional<sample_tasks> made;
    return in.stage().on().timed([&] { made.emplace(in.stage(), tasks); });
}

/// The first claim of roots.
timing claim(populated& in, std::size_t quantity) {
    sample_tasks const own{in.stage(), quantity};
    return timed_quick(in, [&] { own.claim(); });
}

timing finish(populated& in, std::size_t quantity, std::int32_t take) {
    sample_tasks const own{in.stage(), quantity};
    auto const got = own.claim();
    queue::finish_reply reply;
    auto const took = in.stage().on().timed([&] { reply = in.stage().finish(got, take); });
    ensure(reply.refused.empty(), "a result was refused");
    ensure(reply.taken.size() == static_cast<std::size_t>(take), "nothing was handed back");
    return took;
}

/// A step that has one child, which waits for another: the case that finish_step handles alone.
timing finish_middle(populated& in) {
    sample_tasks const own{in.stage()};
    in.stage().finish(own.claim());
    auto const got = in.stage().claim(1, beside);
    ensure(got.size() == 1, "the second step was not there");
    queue::finish_reply reply;
    auto const took = in.stage().on().timed([&] { reply = in.stage().finish(got); });
    ensure(reply.refused.empty(), "a result was refused");
    return took;
}

/// The result of a delivery that is over.
timing finish_refused(populated& in) {
    sample_tasks const own{in.stage()};
    auto stale = own.claim();
    ++stale.front().delivery;
    queue::finish_reply reply;
    auto const took = in.stage().on().timed([&] { reply = in.stage().finish(stale); });
    ensure(reply.refused.size() == 1, "a result of another delivery was accepted");
    return took;
}

timing fail_and_retry(populated& in) {
    sample_tasks const own{in.stage()};
    auto const got = own.claim();
    queue::finish_reply reply;
    auto const took = in.stage().on().timed(
        [&] { reply = in.stage().finish(got, 0, queue::outcome::retryable_failure); });
    ensure(reply.refused.empty(), "a failure was refused");
    return took;
}

timing release(populated& in) {
    auto const got = in.stage().claim(1);
    std::int32_t released = 0;
    auto const took = timed_quick(in, [&] { released = in.stage().release(got); });
    ensure(released == 1, "the step was not returned");
    return took;
}

timing extend(populated& in) {
    auto const got = in.stage().claim(10);
    std::vector<std::size_t> lost;
    auto const took = timed_quick(in, [&] {
        lost = in.stage().on().run(queue::extend(in.stage().on().connection(), in.stage().queue(),
                                                 std::chrono::seconds{60}, measure::leases_of(got),
                                                 session::soon()));
    });
    ensure(lost.empty(), "a lease was lost");
    in.stage().release(got);
    return took;
}

timing cancel(populated& in) {
    sample_tasks const own{in.stage()};
    std::vector<queue::cancel_outcome> done;
    auto const took = in.stage().on().timed([&] {
        done = in.stage().on().run(
            queue::cancel_tasks(in.stage().on().connection(), own.ids(), false, session::soon()));
    });
    ensure(done.size() == 1 && done.front().cancelled, "the task was not cancelled");
    return took;
}

template <class Query>
timing read(populated& in, std::size_t at_least, Query query) {
    auto& on = in.stage().on();
    std::size_t rows = 0;
    auto const took = in.stage().on().timed([&] { rows = on.run(query(on.connection())).size(); });
    ensure(rows >= at_least, "a query returned too little");
    return took;
}

timing readiness(populated& in) {
    return read(in, 4, [task = in.next_task()](pg::connection& on) {
        return queue::list_steps(on, {.task = task, .name = {}, .after = {}}, 100, session::soon());
    });
}

timing status(populated& in) {
    auto& on = in.stage().on();
    std::vector<wire::task_view> got;
    auto const took = on.timed([&, task = in.next_task()] {
        got = on.run(queue::get_tasks(on.connection(), {task}, session::soon()));
    });
    ensure(got.size() == 1, "the task was not there");
    bool const is_complete = got.front().state == model::task_state::complete;
    ensure(is_complete == (got.front().steps_complete == got.front().steps_total),
           "the complete steps were not counted right");
    return took;
}

timing finished(populated& in) {
    return read(in, 0, [task = in.next_task()](pg::connection& on) {
        return queue::finished_tasks(on, {task}, session::soon());
    });
}

timing list(populated& in) {
    return read(in, 50,
                [](pg::connection& on) { return queue::list_tasks(on, {}, 50, session::soon()); });
}

timing templates(populated& in) {
    return read(in, 1, [](pg::connection& on) {
        return queue::get_templates(on, {}, queue::definitions::included, 10, session::soon());
    });
}

timing fire_timers(populated& in) {
    auto& on = in.stage().on();
    return in.stage().on().timed(
        [&] { on.run(queue::fire_timers(on.connection(), 100, session::soon())); });
}

/// Task context, handler's settings and parents' results of a step that a worker holds.
timing context(populated& in) {
    static constexpr pg::statement sql{"bench_claimed_rows",
                                       "select * from tasker.claimed_rows('q', $1, $2, $3)"};
    // The settings under which its callers are planned.
    static constexpr pg::statement as_the_core{
        "bench_as_the_core",
        "/* upkeep */ select set_config('plan_cache_mode', 'force_generic_plan', false),"
        " set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),"
        " set_config('enable_mergejoin', 'off', false),"
        " set_config('enable_bitmapscan', 'off', false)"};
    static constexpr pg::statement as_usual{
        "bench_as_usual",
        "/* upkeep */ select set_config('plan_cache_mode', 'auto', false),"
        " set_config('enable_seqscan', 'on', false), set_config('enable_hashjoin', 'on', false),"
        " set_config('enable_mergejoin', 'on', false),"
        " set_config('enable_bitmapscan', 'on', false)"};
    in.stage().on().query(as_the_core);
    auto const& step = in.begun_step();
    auto const took = read(in, 1, [&step](pg::connection& on) {
        pg::params values;
        values.add_int8_array(std::array{step.message.value})
            .add_uuid_array(std::array{step.task})
            .add_int4_array(std::array{step.step.value});
        return on.run({sql, std::move(values)}, session::soon());
    });
    in.stage().on().query(as_usual);
    return took;
}

} // namespace

populated::populated(std::string const& dsn, std::size_t tasks) : stage_{dsn} {
    constexpr std::size_t of_each = 3;
    auto const graph = measure::named_shape("diamond4");
    stage_.use(graph);
    auto const complete = stage_.create_many(tasks / 2);
    stage_.work_off(complete.size() * graph.steps());
    auto const begun = stage_.create_many(of_each);
    auto const roots = stage_.claim(of_each);
    stage_.finish(roots);
    auto const middle = stage_.claim(2);
    begun_ = middle.front();
    auto const untouched = stage_.create_many(tasks - tasks / 2 - of_each);
    std::mt19937_64 random{17};
    for (auto const* stratum : {&complete, &begun, &untouched}) {
        std::ranges::sample(*stratum, std::back_inserter(sampled_), of_each, random);
    }
}

task_id populated::next_task() {
    return sampled_[next_++ % sampled_.size()];
}

std::vector<operation> const& operations() {
    static std::vector<operation> const all{
        {"create_tasks, 1", [](populated& in) { return create(in, 1); }},
        {"create_tasks, 100", [](populated& in) { return create(in, 100); }},
        {"claim_steps, 1", [](populated& in) { return claim(in, 1); }},
        {"claim_steps, 10", [](populated& in) { return claim(in, 10); }},
        {"claim_steps, 50", [](populated& in) { return claim(in, 50); }},
        {"claim_steps, 100", [](populated& in) { return claim(in, 100); }},
        {"finish_step, one child", finish_middle},
        {"finish_steps, 1", [](populated& in) { return finish(in, 1, 0); }},
        {"finish_steps, 1 with continuation", [](populated& in) { return finish(in, 1, 1); }},
        {"finish_steps, 100", [](populated& in) { return finish(in, 100, 0); }},
        {"finish_steps, failure to retry", fail_and_retry},
        {"transition by release_steps", release},
        {"transition refused by finish_step", finish_refused},
        {"extend_leases, 10", extend},
        {"cancel_tasks, 1", cancel},
        {"fire_timers, none due", fire_timers},
        {"step readiness by list_steps", readiness},
        {"step context by claimed_rows", context},
        {"task status by get_tasks", status},
        {"finished_tasks, 1", finished},
        {"list_tasks, 50", list},
        {"get_templates", templates},
    };
    return all;
}

} // namespace tasker::suites
