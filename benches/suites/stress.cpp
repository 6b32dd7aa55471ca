#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <memory>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

constexpr int kinds = 10; ///< handlers of 1 to 10 ms

/// `clients` connections create so many tasks each, of 1 to 10 ms, and workers drain them
/// meanwhile.
void measure_load(bench& on, std::size_t clients, std::size_t tasks_by_client) {
    auto const name = fmt::format("{} clients × {} tasks", clients, tasks_by_client);
    if (!on.wants(name)) {
        return;
    }
    auto& programs = on.programs();
    programs.reset();
    std::vector<std::string> requests;
    requests.reserve(kinds);
    for (int ms = 1; ms <= kinds; ++ms) {
        programs.register_template(sleeping(ms));
        requests.push_back(sleeping(ms).creation());
    }
    programs.start_workers(on.options().workers.value_or(2), {.concurrency = 64});
    auto const tasks = clients * tasks_by_client;
    std::size_t left = tasks;
    auto const start = steady_clock::now();
    auto const result = run({.peer = programs.orchestrator(),
                             .connections = static_cast<int>(clients),
                             .expected_status = 201,
                             .next = [&]() -> std::string const* {
                                 return left > 0 ? &requests[left-- % kinds] : nullptr;
                             }});
    wait_until_drained(programs, result.accepted);
    double const seconds = ms_since(start) / 1'000;
    auto const row = programs.row("select count(*) filter (where state = 'complete'), "
                                  "count(*) filter (where delivery <> 1), count(*) from "
                                  "tasker.steps");
    on.require(row[0].as<std::size_t>() == result.accepted &&
                   row[2].as<std::size_t>() == result.accepted && row[1].as<int>() == 0,
               name + ": not every task ran exactly once");
    auto const rate = static_cast<double>(result.accepted) / seconds;
    on.add(name, rate, "/s");
    on.count(name, "tasks completed", row[0].as<double>());
    on.count(name, "requests failed", result.errors);
    on.add_figure("errors: " + name,
                  100 * static_cast<double>(result.errors) / static_cast<double>(tasks), "%");
    on.add("creation: " + name, result.latencies_ms);
    on.progress(fmt::format("{}: {:.0f} /s, {} errors", name, rate, result.errors));
}

void measure_all(bench& on) {
    on.setting("tasks", "single steps of 1 to 10 ms, evenly; workers drain while clients create");
    on.setting("check",
               "after each run: every task complete, in one delivery, none more, none less");
    auto const scale = on.sized(1, 10, 50);
    static_cast<void>(on.programs().orchestrator_pid());
    on.repeat_full(2); // of 90,000 tasks each
    while (on.next_repetition()) {
        measure_load(on, 10, 5'000 / scale);
        measure_load(on, 20, 2'000 / scale);
    }
    std::string const refused =
        make_request("POST", "/v1/tasks", "application/json", R"({"name":"no-such"})");
    constexpr std::size_t requests = 5;
    auto const result = run({.peer = on.programs().orchestrator(),
                             .connections = 1,
                             .expected_status = 201,
                             .next = times(requests, refused)});
    on.prove(result.errors == requests,
             "errors: the counter moved when requests were made that must be refused",
             "errors were provoked, and the counter did not move");
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "stress", "Many clients and many short tasks: nothing lost.",
                      measure_all, {.workers = true, .config = true});
}
