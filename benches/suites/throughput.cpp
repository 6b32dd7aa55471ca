#include "tasker/measure/bench.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

struct setup {
    std::string name;
    char const* shape;
    std::size_t processes;
    int slots; ///< of each; 0: the worker's default
    bool is_python = false;
};

/// Every step ran once, and to its end.
void check_steps(engine& on, std::size_t expected) {
    pqxx::nontransaction query{on.database()};
    auto const row = query.exec("select count(*) filter (where state = 'complete'), sum(delivery) "
                                "from tasker.steps")[0];
    if (row[0].as<std::size_t>() != expected || row[1].as<std::size_t>() != expected) {
        throw std::runtime_error{"of " + std::to_string(expected) + " steps " +
                                 row[0].as<std::string>() + " are complete, after " +
                                 row[1].as<std::string>() + " deliveries"};
    }
}

/// A setting of a private server, for sessions that begin later.
void set_on_server(engine& on, std::string const& what) {
    pqxx::nontransaction query{on.database()};
    query.exec("alter system " + what);
    query.exec("select pg_reload_conf()");
}

/// A full backlog is made first; the clock runs from the first start of a handler to the last
/// commit.
void drain_backlog(bench& on, setup const& setup, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    auto graph = named_shape(setup.shape);
    worker_options how{.concurrency = setup.slots};
    if (setup.is_python) {
        graph.handler = "bench.python_noop";
        how.program = "tasker-worker-py";
        how.arguments = {TASKER_PYTHON_HANDLERS};
    }
    auto const steps = tasks * graph.steps();
    programs.register_template(graph);
    create_backlog(programs, graph, tasks);
    meter cost{programs};
    programs.start_workers(setup.processes, how);
    double const seconds = seconds_to_drain(programs, tasks);
    auto const cpu = programs.cpu();
    programs.stop_workers(); // their sessions then report their counts to pg_stat
    auto spent = cost.take();
    spent.cpu.worker = cpu.worker;
    check_steps(programs, steps);
    double const rate = static_cast<double>(steps) / seconds;
    on.add(setup.name, rate, "/s");
    if (setup.processes == 1 && setup.slots == 0 && !setup.is_python) {
        constexpr double kilobyte = 1'000;
        on.add("WAL per step: " + setup.name,
               spent.counts.at("WAL bytes") / kilobyte / static_cast<double>(steps), "KB");
    }
    count(on, setup.name, spent, static_cast<double>(steps));
    on.count(setup.name, "tasks completed", tasks);
    on.count(setup.name, "tasks failed", 0); // otherwise this has ended
    on.count(setup.name, "seconds", seconds);
    on.count(setup.name, "worker processes", setup.processes);
    constexpr double floor_per_s = 100;
    on.require(rate >= floor_per_s, setup.name + ": fewer than 100 steps a second");
    on.progress(fmt::format("{}: {:.0f} /s", setup.name, rate));
}

/// What the sessions of Tasker's programs do, looked at every 20 ms from a separate session.
class session_sampler {
public:
    explicit session_sampler(std::string const& dsn) : session_{dsn}, thread_{[this] { run(); }} {}
    session_sampler(session_sampler const&) = delete;
    session_sampler& operator=(session_sampler const&) = delete;
    ~session_sampler() { // NOLINT(bugprone-exception-escape): a thread that runs can be joined
        stop();
    }

    /// Beside the case, in % of all looks at a session: idle, on a CPU, or what it waited for.
    void count(recorder& to, std::string const& name) {
        stop();
        double all = 0;
        for (auto const& [what, seen] : seen_) {
            all += seen;
        }
        for (auto const& [what, seen] : seen_) {
            to.count(name, "sessions: " + what + ", %", 100 * seen / all);
        }
    }

private:
    void run() {
        pqxx::nontransaction query{session_};
        while (!is_stopped_) {
            for (auto const& row : query.exec(
                     "select case when state like 'idle%' then state when wait_event is null then "
                     "'CPU' else wait_event_type || ':' || wait_event end, count(*) "
                     "from pg_stat_activity where datname = current_database() "
                     "and application_name like 'tasker-%' group by 1")) {
                seen_[row[0].as<std::string>()] += row[1].as<double>();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
    }

    void stop() {
        is_stopped_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    pqxx::connection session_;
    std::map<std::string, double> seen_;
    std::atomic<bool> is_stopped_ = false;
    std::thread thread_;
};

/// Workers wait; the clock runs from the first submission to the last commit.
void submit_and_drain(bench& on, char const* shape_name, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    auto const graph = named_shape(shape_name);
    programs.register_template(graph);
    programs.start_worker();
    session_sampler sessions{programs.dsn()};
    auto const start = steady_clock::now();
    create_backlog(programs, graph, tasks, 1'000);
    double const submitted_s = ms_since(start) / 1'000;
    wait_until_drained(programs, tasks);
    double const seconds = ms_since(start) / 1'000;
    auto const steps = tasks * graph.steps();
    check_steps(programs, steps);
    auto const name = std::string{shape_name} + " steps, from first submission";
    on.add(name, static_cast<double>(steps) / seconds, "/s");
    on.count(name, "tasks submitted per second", static_cast<double>(tasks) / submitted_s);
    sessions.count(on, name);
}

/// Creation by clients, then the drain of a diamond's steps, with other settings.
void create_and_drain(bench& on, std::string const& name, std::size_t tasks,
                      worker_options const& how, int clients = 32) {
    auto& programs = on.programs();
    programs.reset();
    auto const graph = named_shape("diamond4");
    programs.register_template(graph);
    meter cost{programs};
    auto const made = create_singly(programs, graph, tasks, clients);
    programs.start_workers(1, how);
    auto const steps = tasks * graph.steps();
    double const seconds = seconds_to_drain(programs, tasks);
    programs.stop_workers();
    check_steps(programs, steps);
    on.add("created, " + name, static_cast<double>(tasks) / made.seconds, "/s");
    on.add("diamond-4 steps, " + name, static_cast<double>(steps) / seconds, "/s");
    auto const spent = cost.take();
    on.count("diamond-4 steps, " + name, "WAL bytes per step",
             spent.counts.at("WAL bytes") / static_cast<double>(steps));
    on.count("diamond-4 steps, " + name, "WAL, MB", spent.counts.at("WAL bytes") / 1e6);
    on.count("diamond-4 steps, " + name, "database, MB",
             programs.row("select pg_database_size(current_database())")[0].as<double>() / 1e6);
    on.progress(fmt::format("{}: {:.0f} /s", name, static_cast<double>(steps) / seconds));
}

/// Whether commits wait for the disk, by the connections of both pools and the clients that create.
void sweep_durability(bench& on, std::size_t tasks, std::vector<std::pair<int, int>> const& sizes) {
    auto& programs = on.programs();
    auto const folder = on.options().output / "sweep";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "worker.toml"} << '\n';
    for (auto const* commits : {"on", "off"}) {
        for (auto const& [pool, clients] : sizes) {
            auto const name = fmt::format("synchronous_commit {}, pools of {}, {} clients", commits,
                                          pool, clients);
            if (!on.wants(name)) {
                continue;
            }
            std::ofstream{folder / "orchestrator.toml"} << "[database]\npool_size = " << pool
                                                        << '\n';
            programs.configure(folder);
            set_on_server(programs, fmt::format("set synchronous_commit = {}", commits));
            create_and_drain(on, name, tasks, {.report_connections = pool}, clients);
        }
    }
    set_on_server(programs, "reset synchronous_commit");
    programs.configure(on.options().config);
}

/// The ready configurations beside the defaults, each also with steps of 10 ms.
void compare_configurations(bench& on, std::size_t tasks) {
    auto& programs = on.programs();
    auto const slow = sleeping(10);
    for (std::string const each : {"default", "low_latency", "high_throughput", "io_bound"}) {
        auto const name = "configuration " + each;
        if (!on.wants(name)) {
            continue;
        }
        programs.configure(each == "default" ? std::filesystem::path{}
                                             : std::filesystem::path{TASKER_CONFIG} / each);
        create_and_drain(on, name, tasks, {});
        programs.reset();
        programs.register_template(slow);
        auto const count = tasks / 4;
        create_backlog(programs, slow, count);
        programs.start_worker();
        on.add("steps of 10 ms, " + name,
               static_cast<double>(count) / seconds_to_drain(programs, count), "/s");
        auto const linear = named_shape("linear3");
        programs.register_template(linear);
        http_connection connection{programs.orchestrator()};
        auto const request = linear.creation();
        for (int i = 0; i < 24; ++i) {
            auto const took = run_task(connection, request, linear.steps());
            if (i >= 4) { // after the warm-up
                on.add("linear-3, " + name, took.completed_ms);
            }
        }
    }
    programs.configure(on.options().config);
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
    if (std::filesystem::exists(tasker::testing::program_path("tasker-worker-py"))) {
        all.push_back({"diamond-4 steps, 1 Python process", "diamond4", 1, 0, true});
    }
    if (on.options().workers) {
        all = {{fmt::format("single step, {} processes", *on.options().workers), "single",
                *on.options().workers, 0},
               {"single step, 1 process", "single", 1, 0}};
    }
    auto const tasks = on.options().tasks.value_or(on.sized(15'000, 4'000, 500));
    on.setting("tasks", std::to_string(tasks) + ", of diamonds half as many");
    on.setting(
        "clock",
        "from the first start of a handler, with all tasks waiting, to the last commit; or from "
        "the first submission, with a worker waiting");
    on.setting("sessions", "of the programs, looked at every 20 ms while \"from first submission\" "
                           "is measured");
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
        // A setting costs about as much in every repetition.
        if (on.repetitions() > 3) {
            continue;
        }
        if (on.programs().has_own_server()) {
            sweep_durability(on, tasks / 4,
                             on.options().length == run_length::full
                                 ? std::vector{std::pair{2, 8}, {2, 64}, {8, 8}, {8, 64}}
                                 : std::vector{std::pair{2, 8}});
        }
        compare_configurations(on, tasks / 4);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "throughput",
                      "Steps and tasks a second: a fixed number of tasks to the last commit.",
                      measure_all, {.workers = true, .tasks = true, .config = true});
}
