#include "tasker/measure/tasks.hpp"

#include "tasker/measure/clock.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tasker::measure {

namespace {

constexpr std::chrono::minutes drain_limit{10};
constexpr std::chrono::milliseconds check_interval{5};

} // namespace

std::string task_id_in(std::string const& task) {
    constexpr std::string_view field = R"("task_id":")";
    constexpr std::size_t length = 36;
    auto const at = task.find(field);
    if (at == std::string::npos) {
        throw std::runtime_error{"no task_id in " + task.substr(0, 300)};
    }
    return task.substr(at + field.size(), length);
}

void create_backlog(engine& on, shape const& of, std::size_t tasks, std::size_t batch_size) {
    std::vector<std::string> requests;
    for (std::size_t left = tasks; left > 0;) {
        auto const size = std::min(left, batch_size);
        requests.push_back(
            make_request("POST", "/v1/tasks/batch", "application/json", of.batch_json(size)));
        left -= size;
    }
    auto next = requests.begin();
    auto const done = run({.peer = on.orchestrator(),
                           .connections = 2,
                           .expected_status = 201,
                           .next = [&]() -> std::string const* {
                               return next == requests.end() ? nullptr : &*next++;
                           }});
    if (done.errors > 0) {
        throw std::runtime_error{"creating the backlog: " + done.first_error};
    }
}

loop_result create_singly(engine& on, shape const& of, std::size_t tasks, int connections) {
    auto const request = of.creation();
    return run_without_errors({.peer = on.orchestrator(),
                               .connections = connections,
                               .expected_status = 201,
                               .next = times(tasks, request)});
}

void wait_until_drained(engine& on, std::size_t tasks) {
    auto const until = steady_clock::now() + drain_limit;
    // The task that was created last is among the last to end: until then the engine is
    // undisturbed.
    auto const last = on.row("select max(task_id::text) from tasker.tasks")[0].as<std::string>();
    http_connection connection{on.orchestrator()};
    connection.expect(200, make_request("GET", "/v1/tasks/" + last + "?wait=300"));
    for (;;) {
        auto const row =
            on.row("select count(*), count(*) filter (where state = 'complete') from tasker.tasks");
        if (row[0].as<std::size_t>() != tasks) {
            throw std::runtime_error{"there are " + row[0].as<std::string>() + " tasks, not " +
                                     std::to_string(tasks)};
        }
        if (row[1].as<std::size_t>() == tasks) {
            return;
        }
        if (steady_clock::now() > until) {
            throw std::runtime_error{"only " + row[1].as<std::string>() + " of " +
                                     std::to_string(tasks) + " tasks were completed in time"};
        }
        std::this_thread::sleep_for(check_interval);
    }
}

double seconds_to_drain(engine& on, std::size_t tasks) {
    wait_until_drained(on, tasks);
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration<double>{now}.count() -
           on.row("select extract(epoch from min(started_at)) from tasker.steps")[0].as<double>();
}

task_times run_task(http_connection& connection, std::string const& creation, std::size_t steps,
                    std::string_view result, http_connection* awaits) {
    task_times out{};
    auto const start = steady_clock::now();
    auto const task = connection.expect(201, creation);
    out.created_ms = ms_since(start);
    auto const ended =
        (awaits == nullptr ? connection : *awaits)
            .expect(200, make_request("GET", "/v1/tasks/" + task_id_in(task) + "?wait=300"));
    out.completed_ms = ms_since(start);
    auto const all = R"("steps_complete":)" + std::to_string(steps) + ',';
    if (ended.find(R"("state":"complete")") == std::string::npos ||
        ended.find(all) == std::string::npos || ended.find(result) == std::string::npos) {
        throw std::runtime_error{"the task did not complete as it should: " + ended.substr(0, 500)};
    }
    return out;
}

} // namespace tasker::measure
