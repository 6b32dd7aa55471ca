#include "tasker/measure/bench.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/resources.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

struct workflow {
    std::string name;
    shape graph;
    std::size_t count; ///< in a repetition
    std::string context = R"({"order":17})";
    std::string result = {}; ///< the completed task must contain it; empty: anything
};

shape conditional() {
    return {.name = "conditional",
            .parents = {{}, {0}, {0}, {1, 2}},
            .names = {"choose", "left", "right", "join"},
            .handlers = {"bench.choose", "bench.branch", "bench.branch", "bench.sum"}};
}

/// One step that starts, five that each take a fifth of the rows, one that joins.
shape batch_of_rows() {
    return {.name = "rows",
            .parents = {{}, {0}, {0}, {0}, {0}, {0}, {1, 2, 3, 4, 5}},
            .initialization = R"({"parts":5})",
            .names = {"read", "part-0", "part-1", "part-2", "part-3", "part-4", "sum"},
            .handlers = {"bench.calculate", "bench.rows", "bench.rows", "bench.rows", "bench.rows",
                         "bench.rows", "bench.sum"}};
}

std::string thousand_rows() {
    std::string out = R"({"rows":[)";
    for (int i = 1; i <= 1'000; ++i) {
        out += R"({"amount":)" + std::to_string(i) + "},";
    }
    out.back() = ']';
    return out + '}';
}

std::vector<workflow> workflows(bench const& on) {
    auto const many = on.sized(100, 60, 4);
    auto const some = on.sized(20, 15, 2);
    auto const few = on.sized(5, 4, 1);
    return {
        {"single step", named_shape("single"), many},
        {"linear-3", named_shape("linear3"), many},
        {"linear-4", named_shape("linear4"), many},
        {"diamond-4", named_shape("diamond4"), many},
        {"mixed DAG-7", named_shape("mixed7"), many},
        {"tree-7", named_shape("tree7"), many},
        {"tree-8", named_shape("tree8"), many},
        {"conditional-4", conditional(), many, R"({"order":18})", R"("join" : 1)"},
        {"batch of 1,000 rows", batch_of_rows(), some, thousand_rows(), R"("sum" : 500500)"},
        {"chain-40", chain(40), some},
        {"fan-out 1,000", fan(1'000), few},
    };
}

/// The tasks one after the other on an idle system, after a warm-up of a tenth.
std::vector<task_times> run_alone(address const& at, workflow const& of) {
    http_connection connection{at};
    auto const creation = of.graph.creation(of.context);
    auto const warm_up = std::max<std::size_t>(2, of.count / 10);
    std::vector<task_times> out;
    for (std::size_t i = 0; i < warm_up + of.count; ++i) {
        auto const times = run_task(connection, creation, of.graph.steps(), of.result);
        if (i >= warm_up) {
            out.push_back(times);
        }
    }
    return out;
}

void measure_alone(bench& on, address const& at, workflow const& of) {
    std::vector<double> created;
    std::vector<double> completed;
    for (auto const& each : run_alone(at, of)) {
        created.push_back(each.created_ms);
        completed.push_back(each.completed_ms);
    }
    on.add(of.name, completed);
    on.add("creation of " + of.name, created);
    on.progress(fmt::format("{}: p50 {:.3f} ms", of.name, on.last_median(of.name)));
}

/// The database's stamps of every step since then, in ms: how long it waited for its handler to
/// start, and from then until its result was stored.
void add_step_times(bench& on, std::vector<workflow> const& all, std::string const& since) {
    pqxx::nontransaction query{on.programs().database()};
    auto const rows = query.exec(
        "select p.name, cardinality(d.parents) = 0,"
        "       extract(epoch from s.started_at - s.enqueued_at) * 1000,"
        "       extract(epoch from s.finished_at - s.started_at) * 1000"
        " from tasker.tasks t join tasker.steps s using (task_id)"
        " join tasker.templates p on p.template_id = t.template_id"
        " join tasker.template_steps d on d.template_id = s.template_id and d.step_no = s.step_no"
        " where s.delivery = 1 and t.created_at > '" +
        since + '\'');
    std::vector<double> first;
    std::vector<double> later;
    std::vector<double> fan_out;
    std::vector<double> ran;
    std::map<std::string, std::array<std::vector<double>, 2>> by_name;
    for (auto const& row : rows) {
        auto const name = row[0].as<std::string>();
        auto const waited_ms = row[2].as<double>();
        bool const is_fan_out = name == "fan-1000";
        (is_fan_out ? fan_out : row[1].as<bool>() ? first : later).push_back(waited_ms);
        if (!is_fan_out) {
            ran.push_back(row[3].as<double>());
        }
        by_name[name][0].push_back(waited_ms);
        by_name[name][1].push_back(row[3].as<double>());
    }
    std::pair<char const*, std::vector<double> const*> const pools[] = {
        {"enqueue to start", &first},
        {"enqueue to start, later steps", &later},
        {"enqueue to start, fan-out 1,000", &fan_out},
        {"start to complete", &ran}};
    for (auto const& [name, values] : pools) {
        if (!values->empty()) {
            on.add(name, *values);
            on.records().known(name).may_be_zero = true; // stamps of one transaction are equal
        }
    }
    for (auto const& each : all) {
        for (auto const index : {0U, 1U}) {
            auto& values = by_name[each.graph.name][index];
            if (on.wants(each.name) && !values.empty()) {
                on.records().count(each.name,
                                   index == 0 ? "enqueue to start of a step, mean ms"
                                              : "start to complete of a step, mean ms",
                                   std::accumulate(values.begin(), values.end(), 0.0) /
                                       static_cast<double>(values.size()));
            }
        }
    }
}

/// Ends the programs. Returns once their sessions have ended, which then have reported their
/// counts.
void stop_programs(engine& programs) {
    programs.stop_workers();
    programs.stop_orchestrator();
    auto const until = steady_clock::now() + std::chrono::seconds{10};
    while (programs.sessions() > 0 && steady_clock::now() < until) {
    }
}

/// What the programs and the database did in `body`, with fresh programs.
usage usage_of(engine& programs, worker_options const& how, std::function<void()> const& body) {
    stop_programs(programs);
    meter cost{programs};
    programs.start_orchestrator();
    programs.start_workers(1, how);
    body();
    stop_programs(programs);
    return cost.take();
}

void count_operations(bench& on, std::vector<workflow> const& all, worker_options const& how) {
    auto& programs = on.programs();
    auto const start = usage_of(programs, how, [] {});
    for (auto const& each : all) {
        if (on.wants(each.name)) {
            std::size_t tasks = 0;
            auto const spent = usage_of(programs, how, [&] {
                tasks = run_alone(programs.orchestrator(), each).size() +
                        std::max<std::size_t>(2, each.count / 10);
            });
            auto const steps = static_cast<double>(tasks * each.graph.steps());
            on.records().count(each.name, "commits per step",
                               (spent - start).counts.at("commits") / steps);
            on.records().count(each.name, "rows written per step",
                               (spent - start).counts.at("rows written") / steps);
            on.records().count(each.name, "WAL bytes per step",
                               (spent - start).counts.at("WAL bytes") / steps);
        }
    }
    programs.start_orchestrator();
    programs.start_workers(1, how);
}

/// linear-3 of a worker for Python: with its native no-op, and with one in Python.
void measure_python(bench& on, std::size_t count) {
    workflow native{"Python worker, native handlers", named_shape("linear3"), count};
    workflow python{"Python worker, Python handlers", named_shape("linear3"), count};
    if (!on.wants(native.name) || !on.wants(python.name)) {
        return;
    }
    auto& programs = on.programs();
    if (!std::filesystem::exists(tasker::testing::program_path("tasker-worker-py"))) {
        on.finding("no cases in Python: tasker-worker-py is not built");
        return;
    }
    python.graph.name = "python-linear3";
    python.graph.handler = "bench.python_noop";
    programs.stop_workers();
    programs.start_workers(1,
                           {.program = "tasker-worker-py", .arguments = {TASKER_PYTHON_HANDLERS}});
    for (auto const& each : {native, python}) {
        programs.register_template(each.graph);
        measure_alone(on, programs.orchestrator(), each);
    }
    double const share = 100 * (1 - on.last_median(native.name) / on.last_median(python.name));
    on.add_figure("FFI share of Python worker, Python handlers", std::max(0.0, share), "%");
}

/// Created through one orchestrator, awaited at the other, with two workers.
void measure_cluster(bench& on, std::size_t count) {
    workflow const pair{"two orchestrators and workers", named_shape("linear3"), count};
    if (!on.wants(pair.name) || !on.wants("linear-3")) {
        return;
    }
    auto& programs = on.programs();
    http_connection first{programs.orchestrator()};
    http_connection second{programs.start_second_orchestrator()};
    programs.stop_workers();
    programs.start_workers(2, {.program = "tasker-bench-worker"});
    auto const creation = pair.graph.creation();
    std::vector<double> completed;
    for (std::size_t i = 0; i < count + 2; ++i) {
        auto const times = run_task(first, creation, pair.graph.steps(), {}, &second);
        if (i >= 2) {
            completed.push_back(times.completed_ms);
        }
    }
    on.add(pair.name, completed);
    on.records().count(pair.name, "cluster − single, ms at p50",
                       on.last_median(pair.name) - on.last_median("linear-3"));
}

/// linear-3 in an open loop at a share of what a closed loop achieves, which is measured first.
void measure_under_load(bench& on, std::chrono::milliseconds duration) {
    std::string const capacity = "capacity, closed loop of 64 clients";
    auto const name_of = [](int percent) {
        return fmt::format("under load, {} % of capacity", percent);
    };
    if (!on.wants(capacity) || !on.wants("under load, 50 % of capacity")) {
        return;
    }
    constexpr std::chrono::milliseconds warm_up{300};
    auto const request = named_shape("linear3").creation();
    auto const run_load = [&](int connections, double rate) {
        auto const from = steady_clock::now() + warm_up;
        return run_without_errors({.peer = on.programs().orchestrator(),
                                   .connections = connections,
                                   .expected_status = 201,
                                   .next = until(from + duration, request),
                                   .rate = rate,
                                   .follow_up =
                                       [](std::string_view task) {
                                           return make_request(
                                               "GET", "/v1/tasks/" + task_id_in(std::string{task}) +
                                                          "?wait=300");
                                       },
                                   .count_from = from});
    };
    auto const closed = run_load(64, 0);
    double const rate = static_cast<double>(closed.latencies_ms.size()) / closed.seconds;
    on.add(capacity, rate, "/s");
    on.add("latency: " + capacity, closed.latencies_ms);
    for (int const percent : {25, 50, 75}) {
        auto const open = run_load(256, rate * percent / 100);
        on.add(name_of(percent), open.latencies_ms);
        on.records().count(name_of(percent), "tasks due per second", rate * percent / 100);
        on.records().count(name_of(percent), "tasks completed", static_cast<double>(open.accepted));
        on.progress(
            fmt::format("{}: p50 {:.3f} ms", name_of(percent), on.last_median(name_of(percent))));
    }
    if (on.programs().has_database()) {
        auto const open = pqxx::nontransaction{on.programs().database()}.exec(
            "select count(*) from tasker.tasks where state <> 'complete'");
        on.require(open[0][0].as<int>() == 0, "under load: not every task is complete");
    }
}

std::string now_in_database(engine& on) {
    return pqxx::nontransaction{on.database()}
        .exec("select clock_timestamp()")[0][0]
        .as<std::string>();
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    worker_options const how{.program = "tasker-bench-worker"};
    auto const workers = on.options().workers.value_or(1);
    auto const all = workflows(on);
    for (auto const& each : all) {
        programs.register_template(each.graph);
    }
    on.setting("load", "one task at a time on an idle system, over one kept HTTP connection; under "
                       "load: an open loop at a share of the rate of a closed one, from the time "
                       "that a request was due (coordinated omission is counted)");
    on.setting("clock", "from sending POST /v1/tasks to the answer of GET ?wait, which follows the "
                        "commit of the last step");
    on.setting("under load, Python, two orchestrators", "linear-3");
    on.setting("conditional-4",
               "a diamond that runs both branches, one of which has nothing to do");
    on.setting("enqueue to start", "first steps only, which no worker is handed; until the handler "
                                   "starts. Later steps are mostly handed over with a report");
    on.setting("warm-up", "a tenth of each case's tasks, at least 2, dropped; under load 0.3 s");
    on.repeat_full(10);
    while (on.next_repetition()) {
        programs.stop_workers();
        programs.start_workers(workers, how);
        auto const since = programs.has_database() ? now_in_database(programs) : std::string{};
        for (auto const& each : all) {
            if (on.wants(each.name)) {
                measure_alone(on, programs.orchestrator(), each);
            }
        }
        if (!since.empty()) {
            add_step_times(on, all, since);
        }
        measure_under_load(on, std::chrono::milliseconds{on.sized(1'000, 1'000, 300)});
        if (programs.is_private()) {
            auto const count = on.sized(60, 60, 4);
            measure_cluster(on, count);
            measure_python(on, count);
            if (on.is_last_repetition()) {
                count_operations(on, all, how);
            }
            programs.stop_orchestrator(); // the second one as well
            programs.start_orchestrator();
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "e2e_latency",
                      "Creation over HTTP to committed completion, in separate processes.",
                      measure_all, {.workers = true, .config = true});
}
