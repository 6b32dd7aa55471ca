#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace {

using namespace tasker::measure;

/// When ANALYZE runs: PostgreSQL plans by what it saw.
struct moment {
    char const* name;
    std::size_t tasks; ///< that wait then
};

constexpr std::array tables{"tasker.tasks", "tasker.steps", "pgmq.q_tasker_bench"};

/// All tasks wait afterwards. No other ANALYZE comes.
void create_and_analyze(engine& on, shape const& graph, std::size_t tasks, std::size_t analyzed) {
    pqxx::nontransaction query{on.database()};
    for (auto const* table : tables) {
        query.exec(fmt::format("alter table {} set (autovacuum_enabled = false)", table));
    }
    if (analyzed > 0) {
        create_backlog(on, graph, analyzed);
    }
    query.exec(fmt::format("analyze {}", fmt::join(tables, ", ")));
    if (analyzed < tasks) {
        create_backlog(on, graph, tasks - analyzed);
    }
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(50'000, 20'000, 1'000));
    auto& programs = on.programs();
    programs.require_private();
    auto moments = std::to_array<moment>({{"empty", 0}, {"small", 100}, {"large", tasks}});
    on.setting("tasks", fmt::format("{} of one step, all waiting", tasks));
    on.setting("statistics",
               fmt::format("made by ANALYZE with 0, 100 and {} tasks waiting; autovacuum "
                           "is off, so they stay",
                           tasks));
    on.setting("clock", "from the first start of a handler to the last commit");
    on.repeat_full(5);
    std::map<std::string, std::vector<double>> rates;
    while (on.next_repetition()) {
        std::ranges::rotate(moments, moments.begin() + 1);
        for (auto const& each : moments) {
            auto const name = fmt::format("single steps, statistics of {} tables", each.name);
            if (!on.wants(name)) {
                continue;
            }
            programs.reset();
            auto const graph = named_shape("single");
            programs.register_template(graph);
            create_and_analyze(programs, graph, tasks, each.tasks);
            programs.start_worker();
            auto const rate = static_cast<double>(tasks) / seconds_to_drain(programs, tasks);
            programs.stop_workers();
            rates[name].push_back(rate);
            on.add(name, rate, "/s");
        }
    }
    if (rates.size() == moments.size()) {
        std::vector<double> medians;
        for (auto& [name, values] : rates) {
            std::ranges::sort(values);
            medians.push_back(values[values.size() / 2]);
        }
        auto const [worst, best] = std::ranges::minmax(medians);
        on.add_figure("worst statistics against best", worst / best, "", better::higher);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "statistics", "Throughput, by what ANALYZE saw.", measure_all,
                      {.tasks = true});
}
