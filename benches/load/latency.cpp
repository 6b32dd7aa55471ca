#include "modes.hpp"

#include "tasker/measure/tasks.hpp"

#include <vector>

namespace tasker::load {

namespace {

constexpr std::size_t warm_up = 200;

} // namespace

figures latency(engine& on, latency_options const& options) {
    auto const graph = named_shape(options.shape);
    on.register_template(graph);
    on.start_worker();

    http_connection connection{on.orchestrator()};
    auto const creation = make_request("POST", "/v1/tasks", "application/json", graph.task_json());
    std::vector<double> created_ms;
    std::vector<double> total_ms;
    auto cpu_before = on.cpu();
    for (std::size_t i = 0; i < warm_up + options.count; ++i) {
        if (i == warm_up) {
            cpu_before = on.cpu();
        }
        auto const times = run_task(connection, creation, graph.steps());
        if (i >= warm_up) {
            created_ms.push_back(times.created_ms);
            total_ms.push_back(times.completed_ms);
        }
    }
    auto const cpu = on.cpu() - cpu_before;
    figures out;
    append_latencies(out, "creation to completion", std::move(total_ms), at_most(3));
    append_latencies(out, "creation", std::move(created_ms));
    append(out, cpu);
    return out;
}

} // namespace tasker::load
