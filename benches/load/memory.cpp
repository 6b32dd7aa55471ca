#include "modes.hpp"

#include "tasker/measure/processes.hpp"
#include "tasker/measure/tasks.hpp"

namespace tasker::load {

namespace {

void append_memory(figures& out, engine const& on, std::string const& when,
                   std::optional<target> aim) {
    out.push_back({"orchestrator " + when, memory_of(on.orchestrator_pid()).now_mb, "MB", aim});
    out.push_back({"worker " + when, memory_of(on.worker_pid()).now_mb, "MB", aim});
}

/// Half of them one by one, half in batches of 1,000: either way may leave something behind.
void create_both_ways(engine& on, shape const& graph, std::size_t tasks) {
    auto const request = make_request("POST", "/v1/tasks", "application/json", graph.task_json());
    std::size_t left = tasks / 2;
    auto const done = run(
        {.peer = on.orchestrator(),
         .connections = 32,
         .expected_status = 201,
         .next = [&]() -> std::string const* { return left > 0 ? (--left, &request) : nullptr; }});
    if (done.errors > 0) {
        throw std::runtime_error{"creating tasks: " + done.first_error};
    }
    create_backlog(on, graph, tasks - tasks / 2, 1'000);
}

} // namespace

figures memory(engine& on, memory_options const& options) {
    auto const graph = named_shape(options.shape);
    on.register_template(graph);
    on.start_worker();
    figures out;
    append_memory(out, on, "at the start", {});
    create_both_ways(on, graph, options.tasks);
    wait_until_drained(on, options.tasks);
    append_memory(out, on, "after the tasks", at_most(50));
    create_both_ways(on, graph, options.tasks);
    wait_until_drained(on, 2 * options.tasks);
    append_memory(out, on, "after as many again", at_most(50));
    out.push_back({"orchestrator at its peak", memory_of(on.orchestrator_pid()).peak_mb, "MB"});
    out.push_back({"worker at its peak", memory_of(on.worker_pid()).peak_mb, "MB"});
    return out;
}

} // namespace tasker::load
