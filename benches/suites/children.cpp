#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/format.h>

#include <string>

namespace {

using namespace tasker::measure;

/// A step whose handler answers child tasks of template `plain`, and one that gets their results.
shape parent(std::size_t children) {
    return {.name = "parent",
            .parents = {{}, {0}},
            .initialization = fmt::format(R"({{"children":{}}})", children),
            .handlers = {"bench.children", "tasker.noop"}};
}

shape plain() {
    auto out = named_shape("single");
    out.name = "plain";
    return out;
}

/// Seconds from the first creation to the last end of all tasks, by the database's stamps.
double seconds_of_tasks(engine& on) {
    return on
        .row("select extract(epoch from max(s.finished_at) - min(t.created_at)) "
             "from tasker.tasks t join tasker.steps s using (task_id)")[0]
        .as<double>();
}

/// An empty database, and idle programs that have run a few tasks of both kinds.
void start_over(bench& on, shape const& with_children) {
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(plain());
    programs.register_template(with_children);
    programs.start_workers(1, {.program = "tasker-bench-worker"});
    auto few = with_children;
    few.name = "few";
    few.initialization = R"({"children":10})";
    programs.register_template(few);
    http_connection connection{programs.orchestrator()};
    for (int i = 0; i < 5; ++i) {
        run_task(connection, plain().creation(), 1);
        run_task(connection, few.creation(), few.steps());
    }
    pqxx::nontransaction{programs.database()}.exec(
        "delete from tasker.child_tasks; delete from tasker.steps; delete from tasker.tasks");
}

double seconds_of_children(bench& on, std::size_t children) {
    auto const graph = parent(children);
    start_over(on, graph);
    auto& programs = on.programs();
    http_connection connection{programs.orchestrator()};
    run_task(connection, graph.creation(), graph.steps());
    wait_until_drained(programs, children + 1);
    return seconds_of_tasks(programs);
}

double seconds_of_plain(bench& on, std::size_t tasks) {
    start_over(on, parent(tasks));
    auto& programs = on.programs();
    create_backlog(programs, plain(), tasks, tasks);
    wait_until_drained(programs, tasks);
    return seconds_of_tasks(programs);
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(1'000, 1'000, 100));
    auto const children = fmt::format("{} children of one step", tasks);
    auto const alone = fmt::format("{} plain tasks", tasks);
    constexpr auto* ratio = "children against plain tasks";
    on.setting("tasks", fmt::format("{} of one no-op step, created by a step's handler as its "
                                    "children, or in one batch",
                                    tasks));
    on.setting("clock", "from the first creation to the last end; with children, to the end of "
                        "the step that gets their results");
    on.setting("warm-up", "five tasks without and five with ten child tasks, by the same programs");
    on.repeat_full(6);
    bool plain_first = false;
    while (on.next_repetition()) {
        if (!on.wants(ratio)) {
            continue;
        }
        plain_first = !plain_first;
        double plain_s = plain_first ? seconds_of_plain(on, tasks) : 0;
        double const children_s = seconds_of_children(on, tasks);
        if (!plain_first) {
            plain_s = seconds_of_plain(on, tasks);
        }
        on.add(alone, plain_s * 1'000);
        on.add(children, children_s * 1'000);
        on.add(ratio, children_s / plain_s, "");
        on.progress(fmt::format("{}: {:.0f} ms; {}: {:.0f} ms", alone, plain_s * 1'000, children,
                                children_s * 1'000));
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "children", "Child tasks of one step, against plain tasks.",
                      measure_all, {.tasks = true});
}
