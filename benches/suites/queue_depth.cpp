#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <deque>

namespace {

using namespace tasker::measure;
using namespace tasker;

std::string text_of(std::size_t messages) {
    return messages % 1'000 == 0 ? std::to_string(messages / 1'000) + " K"
                                 : std::to_string(messages);
}

/// A claim, and what brings the queue back to its depth: the step is finished, and a new one made.
timing claim_and_refill(stage& core) {
    std::vector<queue::claimed_step> got;
    auto const took = timed([&] { got = core.claim(1); });
    ensure(got.size() == 1, "nothing was claimed");
    ensure(core.finish(got).refused.empty(), "a result was refused");
    core.create(1);
    return took;
}

std::size_t messages(stage& core) {
    static constexpr pg::statement sql{"bench_messages",
                                       "select count(*) from pgmq.q_tasker_bench"};
    return static_cast<std::size_t>(core.on().query(sql).int8(0, 0));
}

/// Steps that wait for a retry in an hour.
void defer(stage& core, std::size_t steps) {
    constexpr std::size_t batch = 500;
    core.create_many(steps);
    for (std::size_t done = 0; done < steps; done += batch) {
        auto const got = core.claim(static_cast<std::int32_t>(std::min(batch, steps - done)));
        queue::finish_request report{.queue = core.queue(),
                                     .worker = core.worker(),
                                     .lease = std::chrono::seconds{60},
                                     .steps = {}};
        report.steps.reserve(got.size());
        for (auto const& each : got) {
            report.steps.push_back({.held = lease_of(each),
                                    .outcome = queue::outcome::retryable_failure,
                                    .payload = R"({"message":"later"})",
                                    .retry_after = std::chrono::hours{1}});
        }
        core.on().run(queue::finish(core.on().connection(), std::move(report), session::soon()));
    }
}

void measure_all(bench& on) {
    std::vector<std::size_t> depths{100, 1'000, 10'000, 100'000};
    depths.resize(on.sized(4, 3, 2));
    auto const deferred = on.sized(100'000, 10'000, 1'000);
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator();
    std::deque<stage> stages;
    auto const add = [&](std::string const& name) -> stage& {
        stages.emplace_back(programs.add_database(name));
        stages.back().use(named_shape("single"));
        return stages.back();
    };
    for (auto const depth : depths) {
        on.progress("filling a queue with " + text_of(depth));
        add("depth_" + std::to_string(depth)).create_many(depth);
    }
    on.progress("deferring " + text_of(deferred));
    auto& behind = add("deferred");
    defer(behind, deferred);
    behind.create_many(depths.front());
    on.setting("case",
               "claim of one with exactly so many waiting; after each the queue is refilled");
    on.setting("data", "single-step tasks, each depth in a separate database");
    on.setting("warm-up", "10 samples of each case, dropped");
    bench::plan const plan{.samples = on.sized(100, 60, 10)};
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (std::size_t i = 0; i < depths.size(); ++i) {
            on.component("claim, " + text_of(depths[i]) + " waiting", plan,
                         [&] { return claim_and_refill(stages[i]); });
        }
        auto const last = "claim, " + text_of(depths.front()) + " waiting, deferred behind";
        on.component(last, plan, [&] { return claim_and_refill(behind); });
        for (std::size_t i = 0; i < depths.size(); ++i) {
            on.require(messages(stages[i]) == depths[i],
                       text_of(depths[i]) + " waiting: the queue has another depth afterwards");
        }
        auto const first = "claim, " + text_of(depths.front()) + " waiting";
        if (on.options().filter.empty()) {
            on.add("deepest against 100",
                   on.last_median("claim, " + text_of(depths.back()) + " waiting") /
                       on.last_median(first),
                   "");
            on.add("deferred behind against none", on.last_median(last) / on.last_median(first),
                   "");
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "queue_depth", "Claims, by how much is waiting.", measure_all);
}
