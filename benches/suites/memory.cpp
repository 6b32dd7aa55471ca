#include "tasker/measure/bench.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <thread>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

void add_memory(bench& on, std::string const& when) {
    auto& programs = on.programs();
    std::pair<char const*, pid_t> const all[] = {{"worker, ", programs.worker_pid()},
                                                 {"orchestrator, ", programs.orchestrator_pid()}};
    for (auto const& [name, process] : all) {
        auto const used = memory_of(process);
        on.add(name + when, used.now_mb, "MB");
        on.count(name + when, "threads", used.threads);
    }
    if (programs.has_own_server()) {
        on.add("PostgreSQL, " + when, memory_with_children_mb(programs.server().server_pid()),
               "MB");
    }
}

/// Of all programs, shared pages counted once.
double memory_of_all(engine& on) {
    double sum = memory_with_children_mb(on.server().server_pid()) +
                 memory_with_children_mb(on.orchestrator_pid());
    for (auto const each : on.worker_pids()) {
        sum += memory_with_children_mb(each);
    }
    return sum;
}

/// What a worker costs: its process, and the database's sessions for it, before it has work.
void measure_overhead(bench& on) {
    auto& programs = on.programs();
    if (!programs.has_own_server()) {
        return;
    }
    double const before = memory_of_all(programs);
    programs.start_worker();
    on.add("one more worker, with its sessions", memory_of_all(programs) - before, "MB");
    programs.stop_workers();
    programs.start_worker();
}

/// Tables, indexes and queues, in bytes.
double stored_bytes(engine& on) {
    return on
        .row("select sum(pg_total_relation_size(c.oid)) from pg_class c "
             "join pg_namespace n on n.oid = c.relnamespace "
             "where n.nspname in ('tasker', 'pgmq') and c.relkind = 'r'")[0]
        .as<double>();
}

/// Half of them one by one, half in batches of 1,000: either way may leave memory behind.
void create_both_ways(engine& on, shape const& graph, std::size_t tasks) {
    create_singly(on, graph, tasks / 2);
    create_backlog(on, graph, tasks - tasks / 2, 1'000);
}

/// The memory in the end; how much more it is than before must be below a limit.
void add_growth(bench& on, std::string const& name, double before, double after, double limit) {
    on.add(name, after, "MB");
    on.count(name, "growth, MB; below zero: it shrank", after - before);
    on.require(after - before < limit, fmt::format("{}: grew by {:.1f} MB, not less than {:.0f}",
                                                   name, after - before, limit));
}

/// The memory that starts and stops of a worker leave in the orchestrator.
void measure_cycles(bench& on, shape const& graph, std::size_t tasks_by_cycle, std::size_t done) {
    auto& programs = on.programs();
    auto const cycles = static_cast<int>(on.sized(5, 5, 2));
    double const before = memory_of(programs.orchestrator_pid()).now_mb;
    for (int i = 0; i < cycles; ++i) {
        programs.stop_workers();
        programs.start_worker();
        create_backlog(programs, graph, tasks_by_cycle, 1'000);
        done += tasks_by_cycle;
        wait_until_drained(programs, done);
    }
    constexpr auto name = "orchestrator, after starts and stops of a worker";
    add_growth(on, name, before, memory_of(programs.orchestrator_pid()).now_mb, 5.0 * cycles);
}

/// Ten workers, with so many tasks for each.
void measure_many(bench& on, std::size_t tasks_each) {
    auto const name = fmt::format("10 workers, after {} tasks each", tasks_each);
    if (!on.wants(name)) {
        return;
    }
    constexpr std::size_t workers = 10;
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(named_shape("single"));
    programs.start_workers(workers);
    auto const sum = [&] {
        double out = 0;
        for (auto const each : programs.worker_pids()) {
            out += memory_of(each).now_mb;
        }
        return out;
    };
    double const before = sum();
    create_backlog(programs, named_shape("single"), workers * tasks_each, 1'000);
    wait_until_drained(programs, workers * tasks_each);
    add_growth(on, name, before, sum(), 50);
}

double transactions(pqxx::nontransaction& query) {
    return query
        .exec("select xact_commit + xact_rollback from pg_stat_database "
              "where datname = current_database()")[0][0]
        .as<double>();
}

/// How many transactions the programs issue when there is nothing to do.
void measure_idle(bench& on, std::chrono::seconds duration) {
    // Sessions report what they did at the latest 10 s after it (PGSTAT_IDLE_INTERVAL): what was
    // done before must have been reported when the clock starts.
    constexpr std::chrono::seconds settle{12};
    pqxx::nontransaction query{on.programs().database()};
    query.exec("alter system set autovacuum = off"); // its transactions would count
    query.exec("select pg_reload_conf()");
    std::this_thread::sleep_for(settle);
    double const before = transactions(query);
    auto const begin = steady_clock::now();
    std::this_thread::sleep_for(duration);
    double const issued = std::max(0.0, transactions(query) - before - 1); // less the first look
    double const seconds = ms_since(begin) / 1'000;
    query.exec("alter system reset autovacuum");
    query.exec("select pg_reload_conf()");
    on.add_figure("idle: queries of all programs", issued / seconds, "/s");
}

void measure_load(bench& on, shape const& graph, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(graph);
    programs.start_worker();
    measure_overhead(on);
    add_memory(on, "baseline");
    double const stored = stored_bytes(programs);
    create_both_ways(programs, graph, tasks);
    wait_until_drained(programs, tasks);
    add_memory(on, "after");
    on.add("worker, processing", memory_of(programs.worker_pid()).peak_mb, "MB");
    on.add("orchestrator, processing", memory_of(programs.orchestrator_pid()).peak_mb, "MB");
    constexpr double kilobyte = 1'000;
    on.add("stored by task",
           (stored_bytes(programs) - stored) / kilobyte / static_cast<double>(tasks), "KB");
    create_both_ways(programs, graph, tasks);
    wait_until_drained(programs, 2 * tasks);
    add_memory(on, "after as many again");
    measure_cycles(on, graph, tasks / 10, 2 * tasks);
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(20'000, 4'000, 500));
    auto const graph = named_shape("diamond4");
    on.setting("unit", "MB of 1,000,000 bytes, resident; of PostgreSQL and of one more worker with "
                       "shared pages divided (PSS); KB of 1,000 bytes");
    on.setting("tasks", std::to_string(tasks) + " diamonds, half created one by one");
    on.setting("warm-up", "none: the first figures are those of fresh processes");
    static_cast<void>(on.programs().orchestrator_pid());
    on.repeat_full(4); // it hardly scatters, and takes long
    while (on.next_repetition()) {
        if (on.wants("stored by task")) {
            measure_load(on, graph, tasks);
        }
        if (on.wants("idle: queries of all programs") && on.is_last_repetition() &&
            (on.options().length == run_length::full || !on.options().filter.empty())) {
            if (on.programs().worker_pids().empty()) {
                on.programs().start_worker();
            }
            measure_idle(on, std::chrono::seconds{on.sized(20, 20, 5)});
            add_memory(on, "idle");
        }
        measure_many(on, on.sized(500, 500, 50));
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "memory",
                      "Resident memory of the services; bytes stored by task.", measure_all,
                      {.tasks = true, .config = true});
}
