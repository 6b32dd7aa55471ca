#include "sql_operations.hpp"

#include "tasker/measure/bench.hpp"
#include "tasker/measure/plans.hpp"

#include <algorithm>
#include <deque>

namespace {

using namespace tasker::measure;
using tasker::suites::operation;
using tasker::suites::populated;

std::string tasks_text(std::size_t tasks) {
    return tasks >= 1'000 && tasks % 1'000 == 0 ? std::to_string(tasks / 1'000) + " K tasks"
                                                : std::to_string(tasks) + " tasks";
}

std::string case_name(operation const& of, std::size_t tasks) {
    return of.name + ", " + tasks_text(tasks);
}

void analyze(std::string const& dsn) {
    pqxx::connection maintenance{dsn};
    pqxx::nontransaction{maintenance}.exec("vacuum analyze");
}

/// One explained call each, on the largest database: the statements inside of each function.
void explain(bench& on, std::string const& dsn, populated& largest) {
    explained_session explained{on.programs(), dsn};
    for (auto const& each : tasker::suites::operations()) {
        if (!on.wants(each.name)) {
            continue;
        }
        largest.stage().swap_session(explained.get());
        each.run(largest); // plans are cached, and pages read
        explained.take();
        each.run(largest);
        largest.stage().swap_session(explained.get());
        auto const plans = explained.take();
        auto file = each.name;
        std::ranges::replace_if(
            file, [](char c) { return c == ' ' || c == ','; }, '_');
        on.attach("plans/" + file + ".json", plans.json);
        on.add_figure("buffer hits: " + each.name, plans.hit_percent(), "%", better::higher);
        for (auto const& table : plans.sequential_scans) {
            on.require(false, each.name + ": sequential scan of " + table);
        }
    }
}

void measure_all(bench& on) {
    std::vector<std::size_t> sizes{1'000, 10'000, 100'000};
    sizes.resize(on.sized(3, 2, 2));
    if (on.options().length == run_length::smoke) {
        sizes = {400, 1'000};
    }
    std::erase_if(sizes, [&](std::size_t tasks) {
        return std::ranges::none_of(tasker::suites::operations(), [&](operation const& each) {
            return on.wants(case_name(each, tasks));
        });
    });
    on.setting("data", "diamonds of 4 steps, half of the tasks complete, each size in a separate "
                       "database");
    on.setting("sampled tasks", "9 by function and size: 3 complete, 3 begun, 3 untouched");
    on.setting("commits", "durable; those of claims, leases and release_steps asynchronous, as the "
                          "worker's");
    on.setting("buffer hits", "of a second call in the same session, with warm buffers");
    on.setting("warm-up", "10 samples of each case, dropped");
    std::deque<std::deque<populated>> all; // by size: with our functions, with the baseline's
    std::vector<std::string> dsns;
    for (auto const tasks : sizes) {
        on.progress("making " + tasks_text(tasks));
        dsns.push_back(on.programs().add_database("sql_" + std::to_string(tasks)));
        auto& sides = all.emplace_back();
        sides.emplace_back(dsns.back(), tasks);
        analyze(dsns.back());
        if (auto const twin = on.twin_database("_" + std::to_string(tasks))) {
            sides.emplace_back(*twin, tasks);
            analyze(*twin);
        }
    }
    auto const samples = on.sized(30, 40, 5);
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (auto& sides : all) {
            for (auto& each : sides) {
                each.stage().vacuum();
            }
        }
        for (auto const& each : tasker::suites::operations()) {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                on.pair(case_name(each, sizes[i]), {.samples = samples}, all[i], each.run);
            }
            // By repetition, so that what else the machine did falls on both sizes alike.
            auto const smallest = case_name(each, sizes.front());
            auto const largest = case_name(each, sizes.back());
            if (sizes.size() > 1 && on.wants(smallest) && on.wants(largest)) {
                on.add("flatness: " + each.name, on.last_median(largest) / on.last_median(smallest),
                       "");
            }
        }
    }
    if (!on.programs().has_own_server()) {
        on.finding("no plans: the log of a server that is not our own cannot be read");
    } else if (!sizes.empty()) {
        explain(on, dsns.back(), all.back().front());
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "sql_functions",
                      "Every function of the SQL core, as the services call it.", measure_all,
                      {.against = true});
}
