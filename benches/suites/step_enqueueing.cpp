#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace {

using namespace tasker::measure;
using namespace tasker;

/// A step ends, and `ready` others follow it.
struct fan_case {
    std::string name;
    std::size_t ready;
    std::size_t samples;
};

/// The functions that finish_steps consists of, in their order. Together they are its time.
constexpr std::array parts{"accept_reports", "advance_steps", "update_tasks", "move_messages"};

std::int64_t number(session& on, pg::statement const& sql) {
    return on.query(sql).int8(0, 0);
}

/// Exactly the children are enqueued, and their messages are in the queue.
void check_enqueued(stage& core, queue::finish_reply const& reply, std::size_t ready) {
    static constexpr pg::statement enqueued{
        "bench_enqueued", "/* upkeep */ select count(*) from pgmq.q_tasker_bench__p3 q"
                          " join tasker.steps s on s.task_id = (q.message->>'task_id')::uuid"
                          "  and s.step_no = (q.message->>'step_no')::int"
                          " where s.state = 'enqueued' and q.vt <= clock_timestamp()"};
    static constexpr pg::statement messages{
        "bench_messages", "/* upkeep */ select count(*) from pgmq.q_tasker_bench__p3"};
    auto const expected = static_cast<std::int64_t>(ready);
    ensure(reply.refused.empty() && number(core.on(), enqueued) == expected &&
               number(core.on(), messages) == expected,
           "not exactly the ready steps are in their queue");
}

/// From the report of the first step to the commit that has all others in their queue.
timing total(stage& core, std::size_t ready) {
    sample_tasks const made{core};
    auto const root = made.claim();
    queue::finish_reply reply;
    auto const took = core.on().timed([&] { reply = core.finish(root); });
    check_enqueued(core, reply, ready);
    return took;
}

/// The same call with PostgreSQL's own clocks: ms by function.
std::map<std::string, double> by_function(stage& core, std::size_t ready) {
    static constexpr pg::statement begin{"bench_begin", "begin"};
    static constexpr pg::statement commit{"bench_commit", "commit"};
    static constexpr pg::statement times{
        "bench_times",
        "select funcname::text, (total_time * 1e6)::bigint from pg_stat_xact_user_functions"
        " where schemaname = 'tasker'"};
    sample_tasks const made{core};
    auto const root = made.claim();
    auto& on = core.on();
    on.query(begin);
    auto const before = on.query(times);
    auto const reply = core.finish(root);
    auto const after = on.query(times);
    on.query(commit);
    check_enqueued(core, reply, ready);
    std::map<std::string, double> out;
    auto const add = [&](pg::rows const& from, double sign) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            constexpr double ns_per_ms = 1e6;
            out[std::string{from.text(i, 0)}] +=
                sign * static_cast<double>(from.int8(i, 1)) / ns_per_ms;
        }
    };
    add(after, 1);
    add(before, -1);
    return out;
}

/// The engine's announcement of steps that became ready: a transaction after the commit that does
/// not wait for the disk.
timing notify(session& quick) {
    static constexpr pg::statement ready{
        "bench_ready", "select set_config('tasker.ready', 'tasker_bench', false)"};
    static constexpr pg::statement flush{"bench_flush", "select tasker.flush_notifications()"};
    quick.query(ready);
    return quick.timed([&] { quick.query(flush); });
}

void measure_parts(bench& on, stage& clocked, fan_case const& each) {
    bool wanted = false;
    for (auto const* part : parts) {
        wanted = wanted || on.wants(std::string{part} + ", " + each.name);
    }
    for (std::size_t i = 0; wanted && i < each.samples; ++i) {
        auto const took = by_function(clocked, each.ready);
        for (auto const* part : parts) {
            on.add(std::string{part} + ", " + each.name, took.at(part));
        }
    }
}

void measure_all(bench& on) {
    static constexpr pg::statement clocks{"bench_clocks", "set track_functions = 'pl'"};
    auto const many = on.sized(100, 60, 10);
    std::vector<fan_case> const cases{
        {"3-step template", 1, many},
        {"10-step template", 8, many},
        {"50-step template", 48, many},
        {"fan-out 1,000", 1'000, on.sized(15, 10, 3)},
    };
    auto sides = on.sides();
    stage clocked{on.programs().dsn(), "clocked"};
    clocked.on().query(clocks);
    session quick{on.programs().dsn(), false};
    on.setting("case",
               "the first step is reported, all but the last become ready: 1, 8, 48, 1,000");
    on.setting("parts", "of finish_steps, by PostgreSQL's track_functions; the step of the 3-step "
                        "template has one child, which finish_step handles without them");
    on.setting("check", "after each sample: the queue holds exactly the steps that became ready");
    on.setting("warm-up", "10 samples of each case, dropped");
    on.repeat_full(10);
    while (on.next_repetition()) {
        std::ranges::for_each(sides, &stage::vacuum);
        for (auto const& each : cases) {
            for (auto& side : sides) {
                side.use(fan(each.ready));
            }
            clocked.use(fan(each.ready));
            on.pair("total, " + each.name,
                    {.samples = each.samples, .warm_up = std::min<std::size_t>(10, each.samples)},
                    sides, [&](stage& in) { return total(in, each.ready); });
            if (each.ready > 1) {
                measure_parts(on, clocked, each);
            }
        }
        on.component("notify", {.samples = many}, [&] { return notify(quick); });
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "step_enqueueing",
                      "From a step's result to its followers being in their queue.", measure_all,
                      {.against = true});
}
