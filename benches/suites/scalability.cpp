#include "tasker/measure/bench.hpp"
#include "tasker/measure/server_errors.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace {

using namespace tasker::measure;

enum class unit { process, slot };

struct load {
    std::string name;
    unit workers; ///< processes with a slot each, or the slots of one process
    shape graph;
    std::size_t tasks_by_worker; ///< more workers get more, so that every row takes a while
    std::size_t tasks_at_least;
};

/// Attempts that were not a step's first: two workers had the same step.
std::size_t conflicts(engine& on) {
    return pqxx::nontransaction{on.database()}
        .exec("select coalesce(sum(delivery - 1) filter (where delivery > 1), 0) "
              "from tasker.steps")[0][0]
        .as<std::size_t>();
}

/// A worker that is killed while it holds a step, so that another gets the same: does the counter
/// move?
void provoke_conflict(engine& on) {
    auto slow = named_shape("single");
    slow.name = "sleep-1500";
    slow.handler = "tasker.sleep";
    slow.initialization = R"({"ms":1500})";
    on.reset();
    on.register_template(slow);
    create_backlog(on, slow, 1);
    on.start_workers(1, {.lease_seconds = 3});
    constexpr std::chrono::seconds limit{60};
    auto const until = tasker::steady_clock::now() + limit;
    while (pqxx::nontransaction{on.database()}
               .exec("select from tasker.steps where state = 'in_progress'")
               .empty()) {
        if (tasker::steady_clock::now() > until) {
            throw std::runtime_error{"no worker took the step"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    on.kill_worker(0);
    on.start_workers(1, {.lease_seconds = 3});
    wait_until_drained(on, 1);
}

std::string row_name(load const& of, std::size_t workers) {
    return fmt::format("{}, {} {}", of.name, workers,
                       of.workers == unit::process ? "workers" : "slots");
}

double seconds_to_drain(bench& on, load const& what, std::size_t workers, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(what.graph);
    create_backlog(programs, what.graph, tasks);
    if (what.workers == unit::process) {
        programs.start_workers(workers, {.concurrency = 1, .report_connections = 1});
    } else {
        programs.start_workers(1, {.concurrency = static_cast<int>(workers)});
    }
    wait_until_drained(programs, tasks);
    double const seconds =
        pqxx::nontransaction{programs.database()}
            .exec("select extract(epoch from max(finished_at) - min(started_at)) "
                  "from tasker.tasks")[0][0]
            .as<double>();
    auto const twice = conflicts(programs);
    auto const name = "conflicts: " + row_name(what, workers);
    on.add(name, 100 * static_cast<double>(twice) / static_cast<double>(tasks), "%");
    on.records().allow_zero(name);
    return seconds;
}

void measure_all(bench& on) {
    std::vector<std::size_t> rows{1, 2, 4, 5, 8, 10, 15, 16, 20};
    if (on.options().length != run_length::full) {
        rows = {1, 2, 4, 8};
        rows.resize(on.sized(4, 4, 2));
    }
    auto sleeping = named_shape("single");
    sleeping.name = "sleep-2";
    sleeping.handler = "tasker.sleep";
    sleeping.initialization = R"({"ms":2})";
    auto const least = on.options().tasks.value_or(on.sized(2'000, 1'000, 200));
    std::vector<load> const loads{{"no-op", unit::process, named_shape("single"), 0, 4 * least},
                                  {"2 ms", unit::process, sleeping, least / 8, least / 4},
                                  {"2 ms", unit::slot, sleeping, least, least / 4}};
    on.setting("workers", "processes with one slot and one report connection each");
    on.setting("slots", "of one worker process, with two report connections");
    on.setting("tasks", fmt::format("{} no-op; for the 2 ms handler {} and {} more for each worker "
                                    "or {} for each slot",
                                    4 * least, least / 4, least / 8, least));
    on.setting("conflict", "a step that was delivered again; an empty poll is none");
    server_errors const errors{on.programs()};
    on.repeat_full(2); // of 27 rows each
    while (on.next_repetition()) {
        for (auto const& each : loads) {
            double alone = 0;
            for (auto const workers : rows) {
                auto const name = row_name(each, workers);
                if (!on.wants(name)) {
                    continue;
                }
                auto const tasks = each.tasks_at_least + workers * each.tasks_by_worker;
                double const rate =
                    static_cast<double>(tasks) / seconds_to_drain(on, each, workers, tasks);
                alone = alone == 0 ? rate / static_cast<double>(workers) : alone;
                on.add(name, rate, "/s");
                on.records().count(name, "speed-up", rate / alone);
                on.add("efficiency: " + name, 100 * rate / alone / static_cast<double>(workers),
                       "%");
                on.records().declare("efficiency: " + name, better::higher);
                on.progress(fmt::format("{}: {:.0f} /s, {:.1f} times", name, rate, rate / alone));
            }
        }
        auto const lock_errors = static_cast<double>(errors.of_locks());
        on.add("lock errors", lock_errors, "");
        on.records().allow_zero("lock errors");
    }
    auto const before = errors.of_locks();
    provoke_lock_errors(on.programs());
    on.require(errors.of_locks() >= before + 2,
               "two lock errors were provoked, and the counter did not move");
    on.finding("lock errors: the counter moved when a deadlock and a refused lock were provoked");
    provoke_conflict(on.programs());
    on.require(conflicts(on.programs()) == 1,
               "a conflict was provoked, and the counter did not move");
    on.finding("conflicts: the counter moved when a worker was killed that held a step");
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "scalability", "One to twenty workers: speed-up, conflicts.",
                      measure_all, {.tasks = true});
}
