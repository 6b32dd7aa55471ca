#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace {

using namespace tasker::measure;
using namespace tasker;

timing enqueue(stage& core) {
    std::optional<sample_tasks> made;
    return core.on().timed([&] { made.emplace(core); });
}

timing claim(stage& core) {
    sample_tasks const made{core};
    return core.on().timed([&] { made.claim(); });
}

/// `state`: of the step afterwards. A retry must be due later, by the template's backoff of 1 s.
/// `is_last`: it is the last of three attempts.
timing end(stage& core, queue::outcome outcome, std::string_view state, bool is_last = false) {
    static constexpr pg::statement failed_twice{
        "bench_failed_twice", "/* upkeep */ update tasker.steps set failures = 2"};
    static constexpr pg::statement now{
        "bench_ended", "/* upkeep */ select s.state::text || case"
                       " when t.due_at > clock_timestamp() then ', due later' else '' end"
                       " from tasker.steps s left join tasker.timers t using (task_id, step_no)"};
    sample_tasks const made{core};
    auto const got = made.claim();
    if (is_last) {
        core.on().query(failed_twice);
    }
    queue::finish_reply reply;
    auto const took = core.on().timed([&] { reply = core.finish(got, 0, outcome); });
    auto const found = core.on().query(now);
    if (!reply.taken.empty() || !reply.refused.empty() || found.size() != 1 ||
        found.text(0, 0) != state) {
        throw std::runtime_error{fmt::format("the step ended in another way: {}, not {}",
                                             found.size() == 1 ? found.text(0, 0) : "no row",
                                             state)};
    }
    return took;
}

void measure_all(bench& on) {
    auto sides = on.sides();
    for (auto& each : sides) {
        each.use(named_shape("single"));
    }
    on.setting("case", "one message at a time on an idle database, durable commits");
    on.setting("warm-up", "10 samples of each case, dropped");
    bench::plan const plan{.samples = on.sized(100, 60, 10)};
    on.repeat_full(10);
    std::pair<char const*, std::function<timing(stage&)>> const all[] = {
        {"enqueue", enqueue},
        {"claim", claim},
        {"complete", [](stage& in) { return end(in, queue::outcome::success, "complete"); }},
        {"fail, to be retried",
         [](stage& in) {
             return end(in, queue::outcome::retryable_failure, "waiting_for_retry, due later");
         }},
        {"fail permanently",
         [](stage& in) { return end(in, queue::outcome::permanent_failure, "failed"); }},
        {"fail, last attempt",
         [](stage& in) { return end(in, queue::outcome::retryable_failure, "failed", true); }},
    };
    while (on.next_repetition()) {
        std::ranges::for_each(sides, &stage::vacuum);
        for (auto const& [name, run] : all) {
            on.pair(name, plan, sides, run);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "queue_operations", "Each operation of a queue alone.",
                      measure_all, {.against = true});
}
