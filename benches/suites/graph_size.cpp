#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

struct family {
    std::string name;
    shape (*make)(std::size_t steps);
};

constexpr double us_per_ms = 1'000;

/// A template never changes its name, so each repetition registers it under another.
shape renamed(shape of, std::size_t repetition) {
    of.name += "-r" + std::to_string(repetition);
    return of;
}

/// In µs by step and edge: to register it, and to run one task of it.
void measure_graph(bench& on, shape const& graph, std::string const& name) {
    auto& programs = on.programs();
    double const size = static_cast<double>(graph.steps() + graph.edges());
    on.add("registered: " + name, timed_ms([&] { programs.register_template(graph); }));
    on.count("registered: " + name, "µs by step and edge",
             on.last_median("registered: " + name) * us_per_ms / size);
    http_connection connection{programs.orchestrator()};
    auto const creation = graph.creation();
    on.add("run: " + name, run_task(connection, creation, graph.steps()).completed_ms);
    on.count("run: " + name, "µs by step and edge",
             on.last_median("run: " + name) * us_per_ms / size);
    on.progress(fmt::format("{}: {:.1f} ms", name, on.last_median("run: " + name)));
}

void measure_all(bench& on) {
    constexpr std::size_t layer_width = 10;
    std::vector<family> const families{
        {"chain", [](std::size_t steps) { return chain(steps); }},
        {"fan", [](std::size_t steps) { return fan(steps - 2); }},
        {"layers of 10", [](std::size_t steps) { return layered(steps, layer_width); }}};
    std::vector<std::size_t> sizes{100, 1'000, 10'000};
    sizes.resize(on.sized(3, 2, 2));
    auto& programs = on.programs();
    programs.start_worker();
    on.setting("case",
               "one template registered and one task of it run to its end, on an idle system");
    on.setting("warm-up", "a chain of 50 steps");
    on.repeat_full(3);
    http_connection connection{programs.orchestrator()};
    programs.register_template(chain(50));
    run_task(connection, chain(50).creation(), 50);
    while (on.next_repetition()) {
        auto const repetition = on.repetitions();
        for (auto const& each : families) {
            auto const name_of = [&](std::size_t steps) {
                return fmt::format("{}, {} steps", each.name, steps);
            };
            if (!on.wants(each.name)) {
                continue;
            }
            for (auto const steps : sizes) {
                measure_graph(on, renamed(each.make(steps), repetition), name_of(steps));
            }
            auto const growth = [&](char const* what) {
                double const by_step = on.last_median(what + name_of(sizes.back())) /
                                       on.last_median(what + name_of(sizes.front()));
                auto const first = each.make(sizes.front());
                auto const last = each.make(sizes.back());
                return by_step * static_cast<double>(first.steps() + first.edges()) /
                       static_cast<double>(last.steps() + last.edges());
            };
            on.add("by step and edge, largest against smallest: registered, " + each.name,
                   growth("registered: "), "");
            on.add("by step and edge, largest against smallest: run, " + each.name, growth("run: "),
                   "");
        }
        if (on.wants("fan-in")) {
            measure_graph(on, renamed(fan(1'100), repetition), "fan-in of 1,100");
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "graph_size",
                      "Templates of up to 10,000 steps: registered, and run once.", measure_all,
                      {.config = true});
}
