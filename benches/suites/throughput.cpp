#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <stdexcept>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

struct setup {
    std::string name;
    char const* shape;
    std::size_t processes;
    int slots; ///< of each; 0: the worker's default
};

double unix_seconds() {
    return std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}
        .count();
}

/// Every step ran once, and to its end. Returns when the first was claimed.
double check_steps(engine& on, std::size_t expected) {
    pqxx::nontransaction query{on.database()};
    auto const row = query.exec("select count(*) filter (where state = 'complete'), sum(delivery), "
                                "(select extract(epoch from min(started_at)) from tasker.tasks) "
                                "from tasker.steps")[0];
    if (row[0].as<std::size_t>() != expected || row[1].as<std::size_t>() != expected) {
        throw std::runtime_error{"of " + std::to_string(expected) + " steps " +
                                 row[0].as<std::string>() + " are complete, after " +
                                 row[1].as<std::string>() + " deliveries"};
    }
    return row[2].as<double>();
}

/// A full backlog is made first; the clock runs from the first claim to the last commit.
void drain_backlog(bench& on, setup const& setup, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    auto const graph = named_shape(setup.shape);
    auto const steps = tasks * graph.steps();
    programs.register_template(graph);
    create_backlog(programs, graph, tasks);
    meter cost{programs};
    programs.start_workers(setup.processes, {.concurrency = setup.slots});
    wait_until_drained(programs, tasks);
    // The database stamps with the clock of this machine; the end is when the last commit was seen.
    double const end = unix_seconds();
    auto const cpu = programs.cpu();
    programs.stop_workers(); // their sessions then report their counts to pg_stat
    auto spent = cost.take();
    spent.cpu.worker = cpu.worker;
    double const seconds = end - check_steps(programs, steps);
    double const rate = static_cast<double>(steps) / seconds;
    on.add(setup.name, rate, "/s");
    count(on.records(), setup.name, spent, static_cast<double>(steps));
    on.records().count(setup.name, "tasks", static_cast<double>(tasks));
    on.records().count(setup.name, "seconds", seconds);
    on.records().count(setup.name, "worker processes", static_cast<double>(setup.processes));
    constexpr double floor_per_s = 100;
    on.require(rate >= floor_per_s, setup.name + ": fewer than 100 steps a second");
    on.progress(fmt::format("{}: {:.0f} /s", setup.name, rate));
}

/// Workers wait; the clock runs from the first submission to the last commit.
void submit_and_drain(bench& on, char const* shape_name, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    auto const graph = named_shape(shape_name);
    programs.register_template(graph);
    programs.start_worker();
    auto const start = steady_clock::now();
    create_backlog(programs, graph, tasks, 1'000);
    double const submitted_s = ms_since(start) / 1'000;
    wait_until_drained(programs, tasks);
    double const seconds = ms_since(start) / 1'000;
    auto const steps = tasks * graph.steps();
    check_steps(programs, steps);
    auto const name = std::string{shape_name} + " steps, from first submission";
    on.add(name, static_cast<double>(steps) / seconds, "/s");
    on.records().count(name, "tasks submitted per second",
                       static_cast<double>(tasks) / submitted_s);
}

void measure_all(bench& on) {
    std::vector<setup> all{
        {"single step, 1 worker slot", "single", 1, 1},
        {"single step, 5 worker slots", "single", 1, 5},
        {"single step, 10 worker slots", "single", 1, 10},
        {"single step, 20 worker slots", "single", 1, 20},
        {"single step, 1 process", "single", 1, 0},
        {"single step, 2 processes", "single", 2, 0},
        {"single step, 3 processes", "single", 3, 0},
        {"single step, 4 processes", "single", 4, 0},
        {"diamond-4 steps, 1 process", "diamond4", 1, 0},
        {"diamond-4 steps, 2 processes", "diamond4", 2, 0},
        {"diamond-4 steps, 4 processes", "diamond4", 4, 0},
    };
    if (on.options().length != run_length::full) {
        all = {all[0], all[4], all[7], all[8]};
    }
    if (on.options().workers) {
        all = {{fmt::format("single step, {} processes", *on.options().workers), "single",
                *on.options().workers, 0},
               {"single step, 1 process", "single", 1, 0}};
    }
    auto const tasks = on.options().tasks.value_or(on.sized(15'000, 4'000, 500));
    on.setting("tasks", std::to_string(tasks) + ", of diamonds half as many");
    on.setting("clock", "from the first claim, with all tasks waiting, to the last commit; or from "
                        "the first submission, with a worker waiting");
    on.setting("warm-up", "none: each run begins with an empty database and fresh processes");
    on.programs().require_private();
    while (on.next_repetition()) {
        for (auto const& each : all) {
            bool const is_diamond = std::string_view{each.shape} == "diamond4";
            if (on.wants(each.name)) {
                drain_backlog(on, each, is_diamond ? tasks / 2 : tasks);
            }
        }
        for (auto const* each : {"single", "diamond4"}) {
            if (on.wants(std::string{each} + " steps, from first submission")) {
                submit_and_drain(on, each, tasks / 2);
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "throughput",
                      "Steps and tasks a second: a fixed number of tasks to the last commit.",
                      measure_all, {.workers = true, .tasks = true, .config = true});
}
