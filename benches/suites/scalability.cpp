#include "tasker/measure/bench.hpp"
#include "tasker/measure/server_errors.hpp"
#include "tasker/measure/stage.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <barrier>
#include <deque>
#include <future>
#include <set>
#include <utility>

namespace {

using namespace tasker::measure;
using namespace tasker;

enum class unit { process, slot };

struct row_kind {
    std::string name;
    unit workers; ///< processes with a slot each, or the slots of one process
    shape graph;
    std::size_t tasks_by_worker; ///< more workers get more, so that every row takes a while
    std::size_t tasks_at_least;
};

/// Deliveries that were not the first of their step, and results that were refused: two workers had
/// a step.
double conflicts(engine& on) {
    return on.row("select coalesce(sum(delivery - 1) filter (where delivery > 1), 0) "
                  "from tasker.steps")[0]
               .as<double>() +
           on.worker_metric("tasker_worker_reports_refused_total");
}

std::string row_name(row_kind const& of, std::size_t workers) {
    return fmt::format("{}, {} {}", of.name, workers,
                       of.workers == unit::process ? "workers" : "slots");
}

/// Steps a second.
double drain(bench& on, row_kind const& what, std::size_t workers, std::size_t tasks) {
    auto& programs = on.programs();
    programs.reset();
    programs.register_template(what.graph);
    create_backlog(programs, what.graph, tasks);
    if (what.workers == unit::process) {
        programs.start_workers(workers, {.concurrency = 1, .report_connections = 1});
    } else {
        programs.start_workers(1, {.concurrency = static_cast<int>(workers)});
    }
    auto const count = static_cast<double>(tasks);
    double const rate = count / seconds_to_drain(programs, tasks);
    auto const name = row_name(what, workers);
    on.add(name, rate, "/s");
    on.add_figure("conflicts: " + name, 100 * conflicts(programs) / count, "%");
    auto const claims = programs.worker_metric("tasker_worker_claim_steps_count");
    auto const empty = programs.worker_metric("tasker_worker_claim_steps_bucket{le=\"0\"}");
    on.count(name, "claims", claims);
    on.count(name, "empty claims, %", 100 * empty / claims);
    return rate;
}

/// What sessions did with a queue that all claim from.
struct claims_made {
    std::vector<queue::claimed_step> claimed = {};
    std::size_t claims = 0;
    std::size_t short_claims = 0; ///< fewer steps than requested
    std::size_t refused = 0;
};

claims_made claim_all(stage& own, std::barrier<>& start) {
    constexpr std::int32_t batch = 10;
    constexpr int enough = 5; ///< empty claims in a row: nothing is left
    claims_made out;
    start.arrive_and_wait();
    for (int empty = 0; empty < enough;) {
        auto const got = own.claim(batch);
        ++out.claims;
        out.short_claims += got.size() < batch;
        empty = got.empty() ? empty + 1 : 0;
        if (!got.empty()) {
            out.refused += own.finish(got).refused.size();
        }
        out.claimed.insert(out.claimed.end(), got.begin(), got.end());
    }
    return out;
}

/// Sessions that claim and finish steps of one queue at the same time, each as fast as it can.
void contend(bench& on, std::size_t sessions, std::size_t steps) {
    auto const name = fmt::format("contended claims, {} sessions", sessions);
    if (!on.wants(name)) {
        return;
    }
    on.programs().reset_database();
    std::deque<stage> stages;
    for (std::size_t i = 0; i < sessions; ++i) {
        stages.emplace_back(on.programs().dsn(), "contender-" + std::to_string(i));
    }
    stages.front().use(named_shape("single"));
    stages.front().create_many(steps);
    std::barrier start{static_cast<std::ptrdiff_t>(sessions) + 1};
    std::vector<std::future<claims_made>> running;
    running.reserve(sessions);
    for (auto& each : stages) {
        running.push_back(std::async(std::launch::async, [&] { return claim_all(each, start); }));
    }
    start.arrive_and_wait();
    double const ms =
        timed_ms([&] { std::ranges::for_each(running, &std::future<claims_made>::wait); });
    std::set<std::pair<task_id, std::int32_t>> distinct;
    claims_made sum;
    std::size_t claimed = 0;
    for (auto& each : running) {
        auto const made = each.get();
        sum.claims += made.claims;
        sum.short_claims += made.short_claims;
        sum.refused += made.refused;
        claimed += made.claimed.size();
        for (auto const& step : made.claimed) {
            distinct.emplace(step.task, step.step.value);
        }
    }
    auto const count = static_cast<double>(steps);
    on.add(name, count / ms * 1'000, "/s");
    on.add_figure("conflicts: " + name,
                  100 * static_cast<double>(claimed - distinct.size() + sum.refused) / count, "%");
    on.count(name, "claims", sum.claims);
    on.count(name, "short claims, %",
             100 * static_cast<double>(sum.short_claims) / static_cast<double>(sum.claims));
    on.prove(
        claimed == steps && distinct.size() == steps && sum.refused == 0,
        fmt::format("{}: each of {} steps was claimed once and its result accepted", name, steps),
        fmt::format("{}: of {} steps {} were claimed, {} of them different, and {} results "
                    "refused",
                    name, steps, claimed, distinct.size(), sum.refused));
}

void measure_all(bench& on) {
    std::vector<std::size_t> rows{1, 2, 4, 5, 8, 10, 15, 16, 20};
    if (on.options().length != run_length::full) {
        rows = {1, 2, 4, 8};
        rows.resize(on.sized(4, 4, 2));
    }
    auto const least = on.options().tasks.value_or(on.sized(2'000, 1'000, 200));
    std::vector<row_kind> const kinds{{"no-op", unit::process, named_shape("single"), 0, 4 * least},
                                      {"2 ms", unit::process, sleeping(2), least / 8, least / 4},
                                      {"2 ms", unit::slot, sleeping(2), least, least / 4}};
    on.setting("workers", "processes with one slot and one report connection each");
    on.setting("slots", "of one worker process, with two report connections");
    on.setting("tasks", fmt::format("{} no-op; for the 2 ms handler {} and {} more for each worker "
                                    "or {} for each slot",
                                    4 * least, least / 4, least / 8, least));
    on.setting("conflict", "a step that was delivered again, or a result that was "
                           "refused; an empty claim is none");
    on.setting("clock",
               "from the first start of a handler to the moment when the last commit was seen");
    server_errors const errors{on.programs()};
    on.repeat_full(2); // of 27 rows each
    while (on.next_repetition()) {
        for (auto const& each : kinds) {
            double alone = 0;
            for (auto const workers : rows) {
                auto const name = row_name(each, workers);
                if (!on.wants(name)) {
                    continue;
                }
                auto const tasks = each.tasks_at_least + workers * each.tasks_by_worker;
                double const rate = drain(on, each, workers, tasks);
                alone = alone == 0 ? rate / static_cast<double>(workers) : alone;
                on.count(name, "speed-up", rate / alone);
                on.add_figure("efficiency: " + name,
                              100 * rate / alone / static_cast<double>(workers), "%",
                              better::higher);
                on.progress(fmt::format("{}: {:.0f} /s, {:.1f} times", name, rate, rate / alone));
            }
        }
        for (auto const sessions : {std::size_t{1}, std::size_t{2}, std::size_t{8}}) {
            contend(on, sessions, 2 * least);
        }
        on.add_figure("lock errors", static_cast<double>(errors.of_locks()), "");
    }
    auto const before = errors.of_locks();
    provoke_lock_errors(on.programs());
    on.prove(errors.of_locks() >= before + 2,
             "lock errors: the counter moved when a deadlock and a refused lock were provoked",
             "two lock errors were provoked, and the counter did not move");
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "scalability", "One to twenty workers: speed-up, conflicts.",
                      measure_all, {.tasks = true, .config = true});
}
