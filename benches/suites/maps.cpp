#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

namespace {

using namespace tasker::measure;

/// A first step that returns a list, one that maps over it, and one that gets the results.
shape mapped(std::size_t elements, std::size_t batch_size) {
    std::string const handler = batch_size == 1 ? "tasker.noop" : "bench.batch";
    return {.name = fmt::format("map-{}-by-{}", elements, batch_size),
            .parents = {{}, {0}, {1}},
            .initialization = fmt::format(R"({{"elements":{}}})", elements),
            .handlers = {"bench.list", handler, "tasker.noop"},
            .keys = {"", fmt::format(R"({{"map":{{"over":"$.s0","batch_size":{}}}}})", batch_size),
                     ""}};
}

void measure(bench& on, shape const& graph, std::string const& name) {
    http_connection connection{on.programs().orchestrator()};
    on.add(name, run_task(connection, graph.creation(), graph.steps()).completed_ms);
    on.progress(fmt::format("{}: {:.1f} ms", name, on.last_median(name)));
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.start_workers(1, {.program = "tasker-bench-worker"});
    auto const plain = fan(on.sized(1'000, 1'000, 100));
    auto const single = mapped(on.sized(10'000, 10'000, 1'000), 1);
    auto const batched = mapped(on.sized(100'000, 100'000, 10'000), 100);
    on.setting("case",
               "a task that runs a list of no-op items on an idle system, from its creation "
               "to the joined result");
    on.setting("warm-up", "each case once");
    http_connection connection{programs.orchestrator()};
    for (auto const& each : {plain, single, batched}) {
        programs.register_template(each);
        run_task(connection, each.creation(), each.steps());
    }
    on.repeat_full(5);
    while (on.next_repetition()) {
        measure(on, plain, "fan-out of 1,000 steps");
        measure(on, single, "map of 10,000 items");
        measure(on, batched, "map of 100,000 items in batches of 100");
        on.add("map of 10,000 against fan-out of 1,000",
               on.last_median("map of 10,000 items") / on.last_median("fan-out of 1,000 steps"),
               "");
        on.add("map of 100,000 in batches against 10,000",
               on.last_median("map of 100,000 items in batches of 100") /
                   on.last_median("map of 10,000 items"),
               "");
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "maps", "Steps that run once for each element of a list.",
                      measure_all, {.config = true});
}
