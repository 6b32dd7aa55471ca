#include "sql_operations.hpp"

#include "tasker/measure/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace {

using namespace tasker::measure;
using namespace tasker;
using suites::operation;
using suites::populated;

std::string text_of(std::size_t tasks) {
    return tasks >= 1'000'000 ? fmt::format("{} M", tasks / 1'000'000)
                              : fmt::format("{} K", tasks / 1'000);
}

/// Adds tasks of one step that finished in the past, one each millisecond: of a hundred, one failed
/// and one was cancelled.
void add_finished(std::string const& dsn, template_id from, std::size_t tasks) {
    constexpr std::size_t batch = 200'000;
    pqxx::connection session{dsn};
    pqxx::nontransaction query{session};
    query.exec("set synchronous_commit = off");
    for (std::size_t done = 0; done < tasks; done += batch) {
        query.exec(fmt::format(
            "with past as materialized ("
            "  select overlay(tasker.uuid_v7_floor(at)::text placing"
            "                 substr(gen_random_uuid()::text, 16) from 16)::uuid as id,"
            "    at, (case n % 100 when 0 then 'failed' when 50 then 'cancelled' else 'complete' "
            "end)"
            "        as state"
            "  from (select n, now() - interval '1 day' - ({1} - n) * interval '1 ms' as at"
            "        from generate_series({2}, {3}) n) p),"
            " task as (insert into tasker.tasks (task_id, template_id, state, priority, "
            "steps_active,"
            "   steps_waiting, steps_failed, created_at, finished_at, context)"
            "  select id, {0}, state::tasker.task_state, 2, 0, 0, (state = 'failed')::int, at, at,"
            "    '{{\"order\": 17}}' from past),"
            " step as (insert into tasker.steps (task_id, step_no, template_id, parents_total,"
            "   parents_done, delivery, worker_id, state, enqueued_at, started_at, finished_at, "
            "result)"
            "  select id, 0, {0}, 0, 0, 1, 1, state::tasker.step_state, at, at, at,"
            "    '{{\"done\": true}}' from past)"
            "insert into tasker.unsuccessful_tasks"
            " select state::tasker.task_state, id from past where state <> 'complete'",
            from.value, tasks, done + 1, std::min(done + batch, tasks)));
    }
    query.exec("vacuum analyze");
}

timing list(populated& in, queue::task_filter const& filter, std::size_t at_least) {
    auto& on = in.stage().on();
    std::size_t rows = 0;
    auto const took = on.timed([&] {
        rows = on.run(queue::list_tasks(on.connection(), filter, 50, session::soon())).size();
    });
    ensure(rows >= at_least, "a list is too short");
    return took;
}

std::vector<operation> chosen_operations() {
    constexpr std::array names{"create_tasks, 1",          "create_tasks, 100",
                               "claim_steps, 1",           "claim_steps, 100",
                               "finish_step, one child",   "finish_steps, 100",
                               "task status by get_tasks", "list_tasks, 50"};
    std::vector<operation> all;
    std::ranges::copy_if(suites::operations(), std::back_inserter(all), [&](auto const& each) {
        return std::ranges::find(names, each.name) != names.end();
    });
    for (auto const state : {model::task_state::pending, model::task_state::running,
                             model::task_state::waiting, model::task_state::complete}) {
        all.push_back({fmt::format("list of {} tasks", to_string(state)), [state](populated& in) {
                           return list(in, {.state = state},
                                       state == model::task_state::waiting ? 0 : 3);
                       }});
    }
    all.push_back({"list of an unknown namespace",
                   [](populated& in) { return list(in, {.name_space = "nowhere"}, 0); }});
    return all;
}

/// Both databases in turn, so that what else the machine does falls on both alike.
void measure_in_turn(bench& on, operation const& each, populated& none, populated& behind,
                     std::string const& size, std::size_t samples) {
    constexpr std::size_t warm_up = 10;
    auto const without = each.name + ", no history";
    auto const with = each.name + ", " + size;
    auto const ratio = "history against none: " + each.name;
    if (!on.wants(without) && !on.wants(with) && !on.wants(ratio)) {
        return;
    }
    for (std::size_t i = 0; i < warm_up + samples; ++i) {
        auto const first = each.run(i % 2 == 0 ? none : behind).ms;
        auto const second = each.run(i % 2 == 0 ? behind : none).ms;
        if (i >= warm_up) {
            on.add(without, i % 2 == 0 ? first : second);
            on.add(with, i % 2 == 0 ? second : first);
        }
    }
    on.add(ratio, on.last_median(with) / on.last_median(without), "");
}

void measure_all(bench& on) {
    auto const tasks = on.options().tasks.value_or(on.sized(1'000'000, 200'000, 20'000));
    constexpr std::size_t present = 1'000;
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator();
    on.setting("data",
               fmt::format("{} diamonds, half of them complete; behind them {} older tasks of one "
                           "step, of which 98 % are complete, 1 % failed, 1 % cancelled",
                           present, tasks));
    on.setting("warm-up", "10 samples of each case, dropped");
    populated none{programs.add_database("no_history"), present};
    auto const dsn = programs.add_database("history");
    populated behind{dsn, present};
    on.progress("adding " + text_of(tasks) + " finished tasks");
    {
        stage older{dsn, "past"};
        add_finished(dsn, older.use(named_shape("single")), tasks);
    }
    auto const size = text_of(tasks) + " finished tasks";
    auto const samples = on.sized(60, 30, 5);
    on.repeat_full(8);
    while (on.next_repetition()) {
        none.stage().vacuum();
        behind.stage().vacuum();
        for (auto const& each : chosen_operations()) {
            measure_in_turn(on, each, none, behind, size, samples);
        }
        for (auto const state : {model::task_state::failed, model::task_state::cancelled}) {
            on.component(fmt::format("list of {} tasks, {}", to_string(state), size),
                         {.samples = samples}, [&] { return list(behind, {.state = state}, 50); });
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "history", "The core's functions with finished tasks behind.",
                      measure_all, {.tasks = true});
}
