#include "modes.hpp"

#include "tasker/measure/tasks.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tasker::load {

namespace {

constexpr int runs = 3;
constexpr std::array<std::size_t, 3> sizes{100, 1'000, 10'000};

struct timings {
    double register_us; ///< by step and edge
    double run_us;
};

double us_since(deadline start) {
    return std::chrono::duration<double, std::micro>{steady_clock::now() - start}.count();
}

timings measure(engine& on, shape const& graph) {
    double const size = static_cast<double>(graph.steps() + graph.edges());
    auto const start = steady_clock::now();
    on.register_template(graph);
    timings out{.register_us = us_since(start) / size, .run_us = 0};
    http_connection connection{on.orchestrator()};
    auto const creation = make_request("POST", "/v1/tasks", "application/json", graph.task_json());
    std::vector<double> took;
    took.reserve(runs);
    for (int i = 0; i < runs; ++i) {
        took.push_back(run_task(connection, creation, graph.steps()).completed_ms * 1'000 / size);
    }
    std::ranges::sort(took);
    out.run_us = percentile(took, 50);
    return out;
}

void append(figures& out, shape const& graph, timings const& measured) {
    auto const what = graph.name + " (" + std::to_string(graph.steps()) + " steps, " +
                      std::to_string(graph.edges()) + " edges)";
    out.push_back({what + " registered, by step and edge", measured.register_us, "µs"});
    out.push_back({what + " run, by step and edge", measured.run_us, "µs"});
}

} // namespace

figures scale(engine& on) {
    on.start_worker();
    measure(on, chain(50)); // warm-up
    figures out;
    constexpr std::size_t layer_width = 10;
    constexpr double linear_within = 1.5;
    struct family {
        char const* name;
        shape (*make)(std::size_t);
    };
    for (auto const& [name, make] :
         {family{"chain", [](std::size_t steps) { return chain(steps); }},
          family{"fan", [](std::size_t steps) { return fan(steps - 2); }},
          family{"layered", [](std::size_t steps) { return layered(steps, layer_width); }}}) {
        timings hundred{};
        timings largest{};
        for (auto const steps : sizes) {
            auto const graph = make(steps);
            largest = measure(on, graph);
            append(out, graph, largest);
            hundred = steps == sizes.front() ? largest : hundred;
        }
        out.push_back({std::string{name} + ": 10,000 steps against 100, registered",
                       largest.register_us / hundred.register_us, "times", at_most(linear_within)});
        out.push_back({std::string{name} + ": 10,000 steps against 100, run",
                       largest.run_us / hundred.run_us, "times", at_most(linear_within)});
    }
    for (auto const& graph : {fan(1'000), fan(1'100)}) {
        append(out, graph, measure(on, graph));
    }
    return out;
}

} // namespace tasker::load
