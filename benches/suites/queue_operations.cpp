#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
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

timing end(stage& core, queue::outcome outcome) {
    sample_tasks const made{core};
    auto const got = made.claim();
    queue::finish_reply reply;
    auto const took = core.on().timed([&] { reply = core.finish(got, 0, outcome); });
    if (!reply.taken.empty() || !reply.refused.empty()) {
        throw std::runtime_error{"the step ended in another way"};
    }
    return took;
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator();
    stage core{programs.dsn()};
    core.use(named_shape("single"));
    std::optional<stage> twin; // with the baseline's functions
    if (auto const dsn = on.twin_database()) {
        twin.emplace(*dsn);
        twin->use(named_shape("single"));
    }
    on.setting("case", "one message at a time on an idle database, durable commits");
    on.setting("warm-up", "10 samples of each case, dropped");
    bench::plan const plan{.samples = on.sized(100, 60, 10)};
    on.repeat_full(10);
    std::pair<char const*, std::function<timing(stage&)>> const all[] = {
        {"enqueue", enqueue},
        {"claim", claim},
        {"complete", [](stage& in) { return end(in, queue::outcome::success); }},
        {"fail, to be retried",
         [](stage& in) { return end(in, queue::outcome::retryable_failure); }},
        {"fail permanently", [](stage& in) { return end(in, queue::outcome::permanent_failure); }},
    };
    while (on.next_repetition()) {
        core.vacuum();
        if (twin) {
            twin->vacuum();
        }
        for (auto const& [name, run] : all) {
            on.pair(name, plan, core, twin ? &*twin : nullptr, run);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "queue_operations", "Each operation of a queue alone.",
                      measure_all, {.against = true});
}
