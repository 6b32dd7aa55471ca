#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <array>

namespace {

using namespace tasker::measure;

struct payload {
    std::string name;
    std::size_t bytes;
};

void measure_all(bench& on) {
    auto& programs = on.programs();
    auto graph = named_shape("linear3");
    programs.register_template(graph);
    programs.start_workers(on.options().workers.value_or(1));
    std::vector<payload> payloads{
        {"100 B", 100}, {"1 KB", 1'000}, {"10 KB", 10'000}, {"100 KB", 100'000}};
    if (on.options().payload_bytes) {
        payloads = {
            {std::to_string(*on.options().payload_bytes) + " B", *on.options().payload_bytes}};
    }
    auto const samples = on.sized(100, 60, 10);
    auto const creations = on.sized(1'500, 1'000, 100);
    http_connection connection{programs.orchestrator()};
    on.setting("payload", "the task's context, which every step of linear-3 is given");
    on.setting("creation by 10 clients", "closed loop, while a worker runs what was created");
    on.setting("warm-up", "10 samples of each case, dropped");
    std::size_t created = 0;
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (auto const& each : payloads) {
            auto const request = graph.creation(context_of(each.bytes));
            on.component("creation to completion, " + each.name, {.samples = samples}, [&] {
                ++created;
                return run_task(connection, request, graph.steps()).completed_ms;
            });
            auto const name = "creation by 10 clients, " + each.name;
            if (on.wants(name)) {
                auto const result = run_without_errors({.peer = programs.orchestrator(),
                                                        .connections = 10,
                                                        .expected_status = 201,
                                                        .next = times(creations, request)});
                on.add(name, static_cast<double>(creations) / result.seconds, "/s");
                created += creations;
                // Before the next case is timed, these have to be done with.
                if (programs.is_private()) {
                    wait_until_drained(programs, created);
                }
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "payload_size", "Creation and completion by size of the context.",
                      measure_all, {.workers = true, .payload = true, .config = true});
}
