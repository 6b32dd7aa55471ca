#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <functional>
#include <stdexcept>
#include <vector>

namespace {

using namespace tasker::measure;

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

/// The database's stamps of every step since then, in ms: how long it waited, and how long until
/// its result was stored.
void add_step_times(bench& on, std::string const& since) {
    pqxx::nontransaction query{on.programs().database()};
    auto const rows = query.exec("select extract(epoch from s.started_at - s.enqueued_at) * 1000, "
                                 "       extract(epoch from s.finished_at - s.started_at) * 1000 "
                                 "from tasker.tasks t join tasker.steps s using (task_id) "
                                 "join tasker.templates p on p.template_id = t.template_id "
                                 "where t.created_at > '" +
                                 since + "' and p.name <> 'fan-1000' and s.delivery = 1");
    std::vector<double> waited;
    std::vector<double> ran;
    waited.reserve(rows.size());
    ran.reserve(rows.size());
    for (auto const& row : rows) {
        waited.push_back(row[0].as<double>());
        ran.push_back(row[1].as<double>());
    }
    on.add("enqueue to start", waited);
    on.add("start to complete", ran);
    // A step that is handed straight to the worker starts as it becomes ready.
    on.records().allow_zero("enqueue to start");
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.start_workers(on.options().workers.value_or(1), {.program = "tasker-bench-worker"});
    auto const all = workflows(on);
    for (auto const& each : all) {
        programs.register_template(each.graph);
    }
    http_connection connection{programs.orchestrator()};
    auto const run_once = [&](workflow const& of) {
        auto const creation =
            make_request("POST", "/v1/tasks", "application/json", of.graph.task_json(of.context));
        return run_task(connection, creation, of.graph.steps(), of.result);
    };
    on.setting("load", "one task at a time on an idle system, over one kept HTTP connection");
    on.setting("clock", "from sending POST /v1/tasks to the answer of GET ?wait, which follows the "
                        "commit of the last step");
    on.setting("warm-up",
               "a tenth of each case's tasks, at least 2, dropped, before each repetition");
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (auto const& each : all) {
            auto const warm_up = std::max<std::size_t>(2, each.count / 10);
            for (std::size_t i = 0; i < warm_up && on.wants(each.name); ++i) {
                run_once(each);
            }
        }
        std::string since;
        if (programs.has_database()) {
            since = pqxx::nontransaction{programs.database()}
                        .exec("select clock_timestamp()")[0][0]
                        .as<std::string>();
        }
        for (auto const& each : all) {
            if (!on.wants(each.name)) {
                continue;
            }
            std::vector<double> created;
            std::vector<double> completed;
            created.reserve(each.count);
            completed.reserve(each.count);
            for (std::size_t i = 0; i < each.count; ++i) {
                auto const times = run_once(each);
                created.push_back(times.created_ms);
                completed.push_back(times.completed_ms);
            }
            on.add(each.name, completed);
            on.add("creation of " + each.name, created);
            on.progress(fmt::format("{}: p50 {:.3f} ms", each.name, on.last_median(each.name)));
        }
        if (!since.empty()) {
            add_step_times(on, since);
        }
    }
    if (!on.wants("linear-3") || !on.wants("chain-40")) {
        return;
    }
    on.finding(fmt::format("linear-3 costs {:.3f} ms by step, chain-40 {:.3f} ms",
                           on.last_median("linear-3") / 3, on.last_median("chain-40") / 40));
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "e2e_latency",
                      "Creation over HTTP to committed completion, in separate processes.",
                      measure_all, {.workers = true, .config = true});
}
