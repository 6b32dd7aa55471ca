#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"
#include "tasker/measure/statistics.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

constexpr std::size_t workflows = 10;
constexpr std::array<char const*, 4> priority_names{"low", "normal", "high", "urgent"};

std::string with_priority(shape const& of, int priority) {
    return of.creation(R"({"order":17})", R"(,"priority":)" + std::to_string(priority));
}

/// So many requests, of which the nth is `pick(n)`.
void create(engine& on, std::size_t count,
            std::function<std::string const&(std::size_t)> const& pick) {
    std::size_t made = 0;
    run_without_errors(
        {.peer = on.orchestrator(),
         .connections = 32,
         .expected_status = 201,
         .next = [&]() -> std::string const* { return made < count ? &pick(made++) : nullptr; }});
}

/// An empty database that records in `claims` when each task of one step was claimed: the
/// transaction's time.
void reset_and_record_claims(engine& programs) {
    programs.reset();
    pqxx::nontransaction{programs.database()}.exec(
        "create table claims (task_id uuid, claimed_at timestamptz);"
        "create function record_claims() returns trigger language plpgsql as $$ begin"
        "  insert into public.claims select task_id, now() from claimed; return null; end $$;"
        "create trigger record_claims after insert on tasker.steps referencing new table as claimed"
        "  for each statement execute function record_claims()");
}

/// Ten workflows of one priority, each with as many tasks, all waiting, created in turn or one
/// after the other. Priorities apart, work starts in the order of its creation: in turn the shares
/// of the first half are even; one after the other they are those of the first five.
void measure_shares(bench& on, std::size_t tasks_each, bool in_turn) {
    std::string const how = in_turn ? "created in turn" : "created one after the other";
    if (!on.wants("Jain index of 10 workflows, " + how)) {
        return;
    }
    auto& programs = on.programs();
    reset_and_record_claims(programs);
    std::vector<std::string> requests;
    for (std::size_t i = 0; i < workflows; ++i) {
        auto graph = named_shape("single");
        graph.name = "share-" + std::to_string(i);
        programs.register_template(graph);
        requests.push_back(graph.creation());
    }
    create(programs, workflows * tasks_each, [&](std::size_t n) -> std::string const& {
        return requests[in_turn ? n % workflows : n / tasks_each];
    });
    programs.start_worker();
    wait_until_drained(programs, workflows * tasks_each);
    pqxx::nontransaction query{programs.database()};
    auto const rows = query.exec(
        "select count(*) filter (where place <= (select count(*) / 2 from tasker.tasks)), avg(tied)"
        " from (select p.name, row_number() over (order by c.claimed_at) as place,"
        "   rank() over (order by c.claimed_at) as tied" // one claim starts many
        "  from claims c join tasker.tasks t using (task_id)"
        "  join tasker.templates p using (template_id)) s"
        " group by name order by name");
    std::vector<double> shares;
    std::vector<double> mean_starts;
    for (auto const& row : rows) {
        shares.push_back(row[0].as<double>());
        mean_starts.push_back(row[1].as<double>());
    }
    on.add_figure("Jain index of 10 workflows, " + how, jain_index(shares), "", better::higher);
    on.add_figure("Gini index of 10 workflows, " + how, gini_index(shares), "");
    if (!in_turn) {
        on.prove(std::ranges::is_sorted(mean_starts),
                 "work of one priority started in the order of its creation",
                 fmt::format("work of one priority did not start in the order of its creation; "
                             "mean places: {:.0f}",
                             fmt::join(mean_starts, ", ")));
    }
}

/// As many tasks of every priority, all waiting, the lowest created first.
void measure_priorities(bench& on, std::size_t tasks_each) {
    if (!on.wants("urgent among the first quarter to start")) {
        return;
    }
    auto& programs = on.programs();
    reset_and_record_claims(programs);
    auto const graph = named_shape("single");
    programs.register_template(graph);
    std::vector<std::string> requests;
    requests.reserve(4);
    for (int priority = 1; priority <= 4; ++priority) {
        requests.push_back(with_priority(graph, priority));
    }
    auto const tasks = requests.size() * tasks_each;
    create(programs, tasks,
           [&](std::size_t n) -> std::string const& { return requests[n / tasks_each]; });
    programs.start_workers(1, {.concurrency = 4, .settings = "max_prefetch = 8"});
    on.add("tasks of all priorities",
           static_cast<double>(tasks) / seconds_to_drain(programs, tasks), "/s");
    pqxx::nontransaction query{programs.database()};
    auto const rows =
        query.exec("select 100.0 * avg(place) / max(total), 100.0 * min(place) / max(total),"
                   "       100.0 * count(*) filter (where 4 * place <= total) * 4 / max(total)"
                   " from (select priority, row_number() over (order by claimed_at) - 1 as place,"
                   "   count(*) over () as total from claims join tasker.tasks using (task_id)) s "
                   "group by priority order by priority");
    std::vector<double> means;
    for (std::size_t i = 0; i < priority_names.size(); ++i) {
        auto const row = rows.at(static_cast<pqxx::result::size_type>(i));
        means.push_back(row[0].as<double>());
        on.add_figure(fmt::format("mean start of {}", priority_names[i]), means.back(), "%",
                      i < 2 ? better::higher : better::lower);
    }
    on.add_figure("first start of low", rows[0][1].as<double>(), "%");
    on.add_figure("urgent among the first quarter to start", rows[3][2].as<double>(), "%",
                  better::higher);
    on.prove(std::ranges::is_sorted(means, std::ranges::greater{}),
             "work of a higher priority started before work of a lower one",
             fmt::format("work did not start by priority; mean places of low to urgent, in %: "
                         "{:.1f}",
                         fmt::join(means, ", ")));
}

/// Urgent work comes faster than it is done, until all of the low is done or the time is over.
void measure_starvation(bench& on, std::size_t low_tasks) {
    std::string const name = "low work done while urgent work keeps coming";
    if (!on.wants(name)) {
        return;
    }
    auto& programs = on.programs();
    programs.reset();
    auto const graph = sleeping(5);
    programs.register_template(graph);
    auto const low = with_priority(graph, 1);
    auto const urgent = with_priority(graph, 4);
    create(programs, low_tasks + 500,
           [&](std::size_t n) -> std::string const& { return n < low_tasks ? low : urgent; });
    programs.start_workers(1, {.concurrency = 4, .settings = "max_prefetch = 8"});
    std::chrono::seconds const limit{on.sized(60, 60, 20)};
    pqxx::nontransaction query{programs.database()};
    auto const begun = steady_clock::now();
    std::int64_t open = -1;
    std::int64_t urgent_open = 0;
    while (open != 0 && steady_clock::now() < begun + limit) {
        create(programs, 200, [&](std::size_t) -> std::string const& { return urgent; });
        auto const row = query.exec("select count(*) filter (where priority = 1), "
                                    "count(*) filter (where priority = 4) from tasker.tasks "
                                    "where state <> 'complete'")[0];
        open = row[0].as<std::int64_t>();
        urgent_open = row[1].as<std::int64_t>();
    }
    double const ms = ms_since(begun);
    programs.stop_workers();
    on.require(urgent_open > 0, name + ": urgent work ran out, so that this shows nothing");
    on.prove(open == 0, "low work is not starved by urgent work that keeps coming",
             fmt::format("{}: {} of {} tasks of priority low did not end within {} s", name, open,
                         low_tasks, limit.count()));
    on.add(name, ms);
    on.add(
        "longest wait of low work while urgent work keeps coming",
        query
            .exec("select 1000 * extract(epoch from max(coalesce(s.started_at, clock_timestamp()) "
                  "- t.created_at)) from tasker.tasks t left join tasker.steps s "
                  "using (task_id) where t.priority = 1")[0][0]
            .as<double>());
}

/// A worker's claim from the queues of all priorities, each with as many steps, until they are
/// empty.
void measure_claims(bench& on, std::size_t tasks_each) {
    using tasker::queue::priority;
    std::string const name = "claim of 10 among all priorities";
    if (!on.wants(name)) {
        return;
    }
    on.programs().reset_database();
    stage core{on.programs().dsn()};
    core.use(named_shape("single"));
    tasker::queue::claim_request from{
        .queues = {}, .worker = core.worker(), .lease = std::chrono::seconds{60}, .quantity = 10};
    for (auto const each : {priority::urgent, priority::high, priority::normal, priority::low}) {
        core.create(tasks_each, "{}", each);
        from.queues.push_back(core.queue(each));
    }
    std::vector<tasker::queue::claimed_step> claimed;
    for (auto last = claimed.max_size(); claimed.size() != last;) {
        last = claimed.size();
        std::vector<tasker::queue::claimed_step> got;
        double const ms = timed_ms([&] {
            auto& session = core.on();
            got = session.run(tasker::queue::claim(session.connection(), from, session.soon()));
        });
        std::ranges::move(got, std::back_inserter(claimed));
        if (claimed.size() > last) {
            on.add(name, ms);
        }
    }
    on.prove(claimed.size() == priority_names.size() * tasks_each &&
                 std::ranges::is_sorted(claimed, std::ranges::greater{},
                                        &tasker::queue::claimed_step::priority),
             "claims took every step once, by priority",
             fmt::format("{}: {} of {} steps, or in another order", name, claimed.size(),
                         priority_names.size() * tasks_each));
}

void measure_all(bench& on) {
    auto const tasks = on.sized(1'000, 400, 100);
    on.setting("shares",
               fmt::format("10 workflows × {} tasks of one priority, all waiting", tasks));
    on.setting("priorities", fmt::format("{} tasks of each, low created first, all waiting, one "
                                         "worker with 4 slots; places in % of all starts",
                                         tasks));
    on.setting("starvation", fmt::format("{} tasks of 5 ms of priority low on 4 slots, urgent ones "
                                         "faster than they are done",
                                         tasks / 5));
    static_cast<void>(on.programs().orchestrator_pid());
    while (on.next_repetition()) {
        measure_shares(on, tasks, true);
        measure_shares(on, tasks, false);
        measure_priorities(on, tasks);
        measure_starvation(on, tasks / 5);
        measure_claims(on, tasks);
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "fairness", "Shares of equals, order of priorities, starvation.",
                      measure_all, {.config = true});
}
