#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

namespace {

using namespace tasker::measure;
using std::chrono::system_clock;

shape sleeper(std::string const& name, std::string const& until) {
    return {.name = name, .parents = {{}}, .keys = {R"({"sleep":)" + until + '}'}};
}

std::string context_at(system_clock::time_point at) {
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
    return fmt::format(R"({{"at":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z"}})",
                       fmt::gmtime(system_clock::to_time_t(at)), ms.count() % 1'000);
}

/// Seconds from the moment when the first of `tasks` sleeps is due to the end of the last task.
/// They are due within one second.
double seconds_of_sleeps(engine& on, std::size_t tasks) {
    constexpr std::size_t batches = 50;
    auto const graph = sleeper("sleeps", R"({"until":"${context/at}"})");
    on.reset();
    on.register_template(graph);
    http_connection connection{on.orchestrator()};
    // Creation takes less than this.
    auto const due = system_clock::now() + std::chrono::seconds{2} +
                     std::chrono::microseconds{100} * static_cast<std::int64_t>(tasks);
    for (std::size_t batch = 0; batch < batches; ++batch) {
        auto const at = due + std::chrono::milliseconds{1'000 / batches * batch};
        connection.expect(201, make_request("POST", "/v1/tasks/batch", "application/json",
                                            graph.batch_json(tasks / batches, context_at(at))));
    }
    if (system_clock::now() > due) {
        throw std::runtime_error{"creating the sleeping tasks took too long"};
    }
    wait_until_drained(on, tasks / batches * batches);
    auto const last = on.row("select extract(epoch from max(finished_at)) from tasker.tasks");
    return last[0].as<double>() - std::chrono::duration<double>{due.time_since_epoch()}.count();
}

double seconds_of_plain(engine& on, std::size_t tasks) {
    auto const graph = named_shape("single");
    on.reset();
    on.register_template(graph);
    create_backlog(on, graph, tasks);
    on.start_worker();
    auto const seconds = seconds_to_drain(on, tasks);
    on.stop_workers();
    return seconds;
}

void measure_lateness(bench& on) {
    if (!on.wants("late: one sleep")) {
        return;
    }
    auto& programs = on.programs();
    programs.reset();
    auto const graph = sleeper("nap", R"({"seconds":0.05})");
    programs.register_template(graph);
    http_connection connection{programs.orchestrator()};
    for (std::size_t i = on.sized(100, 30, 5); i > 0; --i) {
        run_task(connection, graph.creation(), 1);
    }
    auto const rows = pqxx::nontransaction{programs.database()}.exec(
        "select extract(epoch from finished_at - started_at) * 1000 - 50 from tasker.steps");
    for (auto const& row : rows) {
        on.add("late: one sleep", std::max(0.0, row[0].as<double>()));
    }
}

/// From the end of a step that waits for a signal to the start of the next one, against the time
/// from the creation of a task to the start of its step.
void measure_signals(bench& on) {
    constexpr auto* ratio = "signal against creation";
    if (!on.wants(ratio)) {
        return;
    }
    auto& programs = on.programs();
    programs.reset();
    auto const plain = named_shape("single");
    shape const asks{
        .name = "asks", .parents = {{}, {0}}, .keys = {R"({"signal":{"name":"go"}})", ""}};
    programs.register_template(plain);
    programs.register_template(asks);
    programs.start_worker();
    http_connection connection{programs.orchestrator()};
    for (std::size_t i = on.sized(200, 50, 5); i > 0; --i) {
        run_task(connection, plain.creation(), 1);
        auto const task = task_id_in(connection.expect(201, asks.creation()));
        connection.expect(200, make_request("POST", "/v1/tasks/" + task + "/signals/go",
                                            "application/json", R"({"payload":1})"));
        connection.expect(200, make_request("GET", "/v1/tasks/" + task + "?wait=10"));
    }
    programs.stop_workers();
    auto const rows = pqxx::nontransaction{programs.database()}.exec(
        "select p.name = 'single', extract(epoch from n.started_at - "
        "coalesce(w.finished_at, t.created_at)) * 1000 from tasker.tasks t "
        "join tasker.templates p using (template_id) "
        "left join tasker.steps w on p.name = 'asks' and w.task_id = t.task_id and w.step_no = 0 "
        "join tasker.steps n on n.task_id = t.task_id "
        "and n.step_no = case when p.name = 'asks' then 1 else 0 end");
    for (auto const& row : rows) {
        on.add(row[0].as<bool>() ? "creation to start of a step"
                                 : "signal to start of the next step",
               row[1].as<double>());
    }
    on.add(ratio,
           on.last_median("signal to start of the next step") /
               on.last_median("creation to start of a step"),
           "");
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(100'000, 10'000, 500));
    on.setting("tasks", fmt::format("{} of one step: all waiting, or sleeping until times within "
                                    "one second",
                                    tasks));
    on.setting("clock", "enqueued: from the first start of a handler to the last commit; sleeping: "
                        "from the first time that is due to the last end");
    on.repeat_full(5);
    while (on.next_repetition()) {
        measure_lateness(on);
        measure_signals(on);
        if (!on.wants("sleeping tasks against enqueued ones")) {
            continue;
        }
        auto const plain = seconds_of_plain(on.programs(), tasks);
        auto const sleeping = seconds_of_sleeps(on.programs(), tasks);
        on.add("enqueued tasks", static_cast<double>(tasks) / plain, "/s");
        on.add("sleeping tasks", static_cast<double>(tasks) / sleeping, "/s");
        on.add("sleeping tasks against enqueued ones", sleeping / plain, "");
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(
        argc, argv, "timers",
        "Steps that sleep or wait for a signal: how many, and how late they continue.", measure_all,
        {.tasks = true});
}
