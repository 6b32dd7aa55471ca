#include "e2e_workflows.hpp"

#include "tasker/measure/bench.hpp"
#include "tasker/measure/processes.hpp"
#include "tasker/measure/resources.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <numeric>
#include <thread>
#include <vector>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;
using tasker::suites::workflow;

std::size_t warm_up_of(workflow const& of) {
    return std::max<std::size_t>(2, of.count / 10);
}

/// The tasks one after the other on an idle system, after a warm-up of a tenth.
std::vector<task_times> run_alone(address const& at, workflow const& of) {
    http_connection connection{at};
    auto const creation = of.graph.creation(of.context);
    auto const warm_up = warm_up_of(of);
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

/// Created while the programs wait for notifications: their polls are 750 ms and 2.5 s apart.
void measure_notified(bench& on, workflow const& of) {
    std::string const name = of.name + " after 0.3 s without work";
    if (!on.wants(name)) {
        return;
    }
    http_connection connection{on.programs().orchestrator()};
    constexpr int samples = 3;
    for (int i = 0; i < samples; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        on.add(name, run_task(connection, of.graph.creation(), of.graph.steps()).completed_ms);
    }
    constexpr double most_ms = 250;
    on.require(on.last_median(name) < most_ms,
               name + ": waits for a poll, as notifications do not arrive");
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
            on.known(name).may_be_zero = true; // stamps of one transaction are equal
        }
    }
    for (auto const& each : all) {
        for (auto const index : {0U, 1U}) {
            auto& values = by_name[each.graph.name][index];
            if (on.wants(each.name) && !values.empty()) {
                on.count(each.name,
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

/// By a step of the chain: its report, the notification, and a share of its task's other commits.
constexpr double most_commits = 2.8;

void count_operations(bench& on, std::vector<workflow> const& all, worker_options const& how) {
    auto& programs = on.programs();
    auto const start = usage_of(programs, how, [] {});
    for (auto const& each : all) {
        if (on.wants(each.name)) {
            std::size_t tasks = 0;
            auto const spent = usage_of(programs, how, [&] {
                tasks = run_alone(programs.orchestrator(), each).size() + warm_up_of(each);
            });
            auto const steps = static_cast<double>(tasks * each.graph.steps());
            auto const commits = (spent - start).counts.at("commits") / steps;
            on.count(each.name, "commits per step", commits);
            on.require(each.graph.name != chain(40).name || commits < most_commits,
                       fmt::format("{}: {:.1f} commits per step", each.name, commits));
            on.count(each.name, "rows written per step",
                     (spent - start).counts.at("rows written") / steps);
            on.count(each.name, "WAL bytes per step",
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
    on.count(pair.name, "cluster − single, ms at p50",
             on.last_median(pair.name) - on.last_median("linear-3"));
}

/// On two servers at the same time, each with its own orchestrator and worker.
void measure_two_clusters(bench& on, worker_options const& how, std::size_t count) {
    workflow const each{"two clusters at the same time", named_shape("linear3"), count};
    if (!on.wants(each.name)) {
        return;
    }
    engine other;
    other.reset();
    other.register_template(each.graph);
    other.start_workers(1, how);
    auto beside =
        std::async(std::launch::async, [&] { return run_alone(other.orchestrator(), each); });
    measure_alone(on, on.programs().orchestrator(), each);
    auto const times = beside.get();
    for (auto const& time : times) {
        on.add(each.name, time.completed_ms);
    }
    auto const left = other.tasks();
    on.prove(left.complete == times.size() + warm_up_of(each) && left.failed + left.other == 0,
             "two clusters at the same time: each has its own tasks, all complete",
             fmt::format("the second cluster has {} complete tasks, {} failed, {} others",
                         left.complete, left.failed, left.other));
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
        on.count(name_of(percent), "tasks due per second", rate * percent / 100);
        on.count(name_of(percent), "tasks completed", open.accepted);
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
    return on.row("select clock_timestamp()")[0].as<std::string>();
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    worker_options const how{.program = "tasker-bench-worker"};
    auto const workers = on.options().workers.value_or(1);
    auto const all = tasker::suites::workflows(on);
    for (auto const& each : all) {
        programs.register_template(each.graph);
    }
    on.setting("load", "one task at a time on an idle system, over one kept HTTP connection; under "
                       "load: an open loop at a share of the rate of a closed one, from the time "
                       "that a request was due (coordinated omission is counted)");
    on.setting("clock", "from sending POST /v1/tasks to the answer of GET ?wait, which follows the "
                        "commit of the last step");
    on.setting("under load, Python, two orchestrators, two clusters", "linear-3");
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
        measure_notified(on, all.front());
        if (!since.empty()) {
            add_step_times(on, all, since);
        }
        measure_under_load(on, std::chrono::milliseconds{on.sized(1'000, 1'000, 300)});
        if (programs.is_private()) {
            auto const count = on.sized(60, 60, 4);
            if (on.is_last_repetition() && programs.has_own_server()) {
                measure_two_clusters(on, how, count);
            }
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
