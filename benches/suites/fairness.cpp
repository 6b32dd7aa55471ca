#include "tasker/measure/bench.hpp"
#include "tasker/measure/statistics.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <map>

namespace {

using namespace tasker::measure;

void create(engine& on, shape const& of, std::size_t tasks, std::string const& more) {
    auto const request = make_request("POST", "/v1/tasks", "application/json",
                                      of.task_json(R"({"order":17})", more));
    run_without_errors({.peer = on.orchestrator(),
                        .connections = 32,
                        .expected_status = 201,
                        .next = times(tasks, request)});
}

/// Ten workflows of one priority, each with as many tasks, all waiting: how even are their shares
/// of the first half of the work?
void measure_shares(bench& on, std::size_t tasks_each) {
    auto& programs = on.programs();
    programs.reset();
    constexpr std::size_t workflows = 10;
    std::vector<std::string> requests;
    requests.reserve(workflows);
    for (std::size_t i = 0; i < workflows; ++i) {
        auto graph = named_shape("single");
        graph.name = "share-" + std::to_string(i);
        programs.register_template(graph);
        requests.push_back(
            make_request("POST", "/v1/tasks", "application/json", graph.task_json()));
    }
    std::size_t left = workflows * tasks_each;
    run_without_errors({.peer = programs.orchestrator(),
                        .connections = 32,
                        .expected_status = 201,
                        .next = [&]() -> std::string const* {
                            return left > 0 ? &requests[left-- % workflows] : nullptr;
                        }});
    programs.start_worker();
    wait_until_drained(programs, workflows * tasks_each);
    pqxx::nontransaction query{programs.database()};
    auto const rows =
        query.exec("select p.template_id, count(h.task_id) from tasker.templates p left join "
                   "(select template_id, task_id from tasker.tasks order by started_at limit "
                   "(select count(*) / 2 from tasker.tasks)) h using (template_id) group by 1");
    std::vector<double> shares;
    shares.reserve(workflows);
    for (auto const& row : rows) {
        shares.push_back(row[1].as<double>());
    }
    on.add("Jain index of 10 workflows", jain_index(shares), "");
    on.records().declare("Jain index of 10 workflows", better::higher);
    on.add("Gini index of 10 workflows", gini_index(shares), "");
    on.records().allow_zero("Gini index of 10 workflows");
}

/// A backlog of every priority, and urgent work that keeps coming until all of the low is done.
void measure_priorities(bench& on, std::size_t tasks_each) {
    auto& programs = on.programs();
    programs.reset();
    auto const graph = named_shape("single");
    programs.register_template(graph);
    for (int priority = 1; priority <= 4; ++priority) {
        create(programs, graph, priority == 4 ? 10 * tasks_each : tasks_each,
               R"(,"priority":)" + std::to_string(priority));
    }
    programs.start_workers(1, {.concurrency = 4, .settings = "max_prefetch = 8"});
    wait_until_drained(programs, 13 * tasks_each);
    pqxx::nontransaction query{programs.database()};
    auto const rows = query.exec(
        "with b as (select min(started_at) as at from tasker.tasks), "
        "     e as (select max(finished_at) - min(started_at) as took from tasker.tasks) "
        "select priority, 100 * avg(extract(epoch from started_at - b.at)) "
        "                     / extract(epoch from e.took), "
        "       100 * extract(epoch from min(started_at) - b.at) / extract(epoch from e.took) "
        "from tasker.tasks, b, e group by priority, b.at, e.took order by priority");
    std::map<int, char const*> const names{{1, "low"}, {2, "normal"}, {3, "high"}, {4, "urgent"}};
    for (auto const& row : rows) {
        auto const name = std::string{"mean start of "} + names.at(row[0].as<int>());
        on.add(name, row[1].as<double>(), "%");
        on.records().allow_zero(name);
        if (row[0].as<int>() == 1) {
            on.add("first start of low, of the time that urgent work lasts", row[2].as<double>(),
                   "%");
            on.records().allow_zero("first start of low, of the time that urgent work lasts");
        }
    }
}

void measure_all(bench& on) {
    auto const tasks = on.sized(1'000, 400, 100);
    on.setting("shares", fmt::format("10 workflows × {} tasks of one priority", tasks));
    on.setting("priorities",
               fmt::format("{} tasks of each, {} urgent, one worker with 4 slots, all "
                           "waiting; times in % of the whole drain",
                           tasks, 10 * tasks));
    static_cast<void>(on.programs().orchestrator_pid());
    while (on.next_repetition()) {
        measure_shares(on, tasks);
        measure_priorities(on, tasks);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "fairness", "Shares of equals, order of priorities, starvation.",
                      measure_all);
}
