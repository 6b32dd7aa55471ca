#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"
#include "tasker/measure/tasks.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace tasker::measure;

shape conditional_diamond() {
    auto out = named_shape("diamond4");
    out.name = "conditional4";
    out.keys = {"", R"({"when":"$context.order == 17"})", "", ""};
    return out;
}

double rate(engine& on, shape const& graph, std::size_t tasks) {
    on.reset();
    on.register_template(graph);
    create_backlog(on, graph, tasks);
    on.start_worker();
    auto const seconds = seconds_to_drain(on, tasks);
    on.stop_workers();
    return static_cast<double>(tasks * graph.steps()) / seconds;
}

/// A first step, and `steps` behind it that are skipped because the first of them is.
shape skipped_chain(std::size_t steps) {
    auto out = chain(steps + 1);
    out.name = "skipped-" + std::to_string(steps);
    out.keys.resize(steps + 1);
    out.keys[1] = R"({"when":"$context.order == 0"})";
    return out;
}

/// ms to report the first step, which skips the others.
double report_ms(stage& core) {
    sample_tasks const one{core};
    auto const first = one.claim();
    return timed_ms([&] { core.finish(first); });
}

void measure_skips(bench& on) {
    if (!on.wants("1,000 skipped steps against one")) {
        return;
    }
    stage core{on.programs().dsn()};
    std::map<std::size_t, double> medians;
    for (std::size_t const steps : {std::size_t{1}, std::size_t{1'000}}) {
        core.use(skipped_chain(steps));
        auto const name =
            "report that skips " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
        for (std::size_t i = on.sized(30, 10, 3); i > 0; --i) {
            on.add(name, report_ms(core));
        }
        medians[steps] = on.last_median(name);
    }
    on.add("1,000 skipped steps against one", medians.at(1'000) / medians.at(1), "");
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(30'000, 5'000, 500));
    auto& programs = on.programs();
    on.setting("tasks", std::to_string(tasks) + " diamonds of four steps, all waiting");
    on.setting("condition", "one step of four has `when: $context.order == 17`, which is met");
    on.setting("clock", "from the first start of a handler to the last commit");
    on.repeat_full(6);
    std::array<shape, 2> graphs{named_shape("diamond4"), conditional_diamond()};
    bool plain_first = false;
    while (on.next_repetition()) {
        measure_skips(on);
        if (!on.wants("time of one condition against none")) {
            continue;
        }
        plain_first = !plain_first;
        std::array<double, 2> rates{};
        for (std::size_t const turn : {std::size_t{0}, std::size_t{1}}) {
            auto const which = plain_first ? turn : 1 - turn;
            rates.at(which) = rate(programs, graphs.at(which), tasks);
        }
        on.add("diamond-4 steps", rates[0], "/s");
        on.add("diamond-4 steps, one condition", rates[1], "/s");
        on.add("time of one condition against none", rates[0] / rates[1], "");
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "conditions", "Steps with conditions, against steps without.",
                      measure_all, {.tasks = true});
}
