#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <array>
#include <functional>
#include <optional>
#include <stdexcept>

namespace {

using namespace tasker::measure;
using namespace tasker;

constexpr auto beside = queue::priority::high;

/// A step ends, and `ready` others follow it.
struct fan_case {
    std::string name;
    std::size_t ready;
    std::size_t samples;
};

/// From the report of the first step to the commit that has all others in their queue.
timing total(stage& core) {
    auto const made = core.create(1, "{}", beside);
    auto const root = core.claim(1, beside);
    if (root.size() != 1) {
        throw std::runtime_error{"the first step was not there"};
    }
    auto const took = core.on().timed([&] { core.finish(root); });
    core.remove(made);
    return took;
}

/// Which steps are ready now that the first is done: the part of the core's statement that reads.
timing discover(stage& core, template_id from, std::size_t ready) {
    static constexpr pg::statement sql{
        "bench_discover",
        "select k.step_no from tasker.template_steps o"
        " cross join lateral unnest(o.children, o.child_parents) k(step_no, parents)"
        " where o.template_id = $1 and o.step_no = 0 and k.parents = 1"};
    std::size_t found = 0;
    auto const took = core.on().timed([&] {
        pg::params values;
        values.add_int4(from.value);
        found = core.on()
                    .run(core.on().connection().run({sql, std::move(values)}, session::soon()))
                    .size();
    });
    if (found != ready) {
        throw std::runtime_error{"too few steps were found ready"};
    }
    return took;
}

/// So many messages in one call of PGMQ, committed.
timing publish(stage& core, std::size_t messages) {
    static constexpr pg::statement sql{
        "bench_publish", "select count(*) from pgmq.send_batch('tasker_bench__p3',"
                         " array(select jsonb_build_object('task_id', n, 'step_no', n)"
                         " from generate_series(1, $1) n))"};
    pg::params values;
    values.add_int4(static_cast<std::int32_t>(messages));
    auto const took = core.on().timed([&] {
        core.on().run(core.on().connection().run({sql, values}, session::soon()));
    });
    core.remove({});
    return took;
}

/// One notification for all of them, in a separate transaction that does not wait for the disk.
timing notify(session& quick) {
    static constexpr pg::statement sql{"bench_notify",
                                       "select pg_notify('tasker_ready', 'tasker_bench')"};
    return quick.timed([&] { quick.query(sql); });
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator(); // nothing else is to run
    auto const many = on.sized(100, 60, 10);
    std::vector<fan_case> const cases{
        {"3-step template", 1, many},
        {"10-step template", 8, many},
        {"50-step template", 48, many},
        {"fan-out 1,000", 1'000, on.sized(15, 10, 3)},
    };
    stage core{programs.dsn()};
    std::optional<stage> twin; // with the baseline's functions
    if (auto const dsn = on.twin_database()) {
        twin.emplace(*dsn);
    }
    session quick{programs.dsn(), false};
    on.setting("case",
               "the first step is reported, all but the last become ready: 1, 8, 48, 1,000");
    on.setting("warm-up", "10 samples of each case, dropped");
    on.repeat_full(10);
    while (on.next_repetition()) {
        core.vacuum();
        if (twin) {
            twin->vacuum();
        }
        for (auto const& each : cases) {
            auto const from = core.use(fan(each.ready));
            bench::plan const plan{.samples = each.samples,
                                   .warm_up = std::min<std::size_t>(10, each.samples)};
            std::function<timing()> other;
            if (twin) {
                twin->use(fan(each.ready));
                other = [&] { return total(*twin); };
            }
            on.component(
                "total, " + each.name, plan, [&] { return total(core); }, other);
            on.component("discovery, " + each.name, plan,
                         [&] { return discover(core, from, each.ready); });
            on.component("publish, " + each.name, plan, [&] { return publish(core, each.ready); });
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
