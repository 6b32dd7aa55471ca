#include "engine_run.hpp"

#include <fmt/format.h>

namespace tasker::sql::testing {

namespace {

/// The result that a user gives is that of the handler, if it succeeds.
std::string result_by_hand(model_step const& step) {
    auto one = fmt::format(R"({{"n": {}}})", step.result);
    switch (step.kind) {
    case body::sleep:
        return "null";
    case body::signal:
        return fmt::format(R"({{"at": "now", "by": null, "payload": {}}})", one);
    case body::map:
        return fmt::format("[{}]", fmt::join(std::vector<std::string>(step.elements, one), ", "));
    default:
        return one;
    }
}

} // namespace

void engine_run::resolve(model_workflow& steps, std::size_t index) {
    auto& step = steps[index];
    bool const skips = below(3) == 0;
    on_.db().exec(fmt::format("select tasker.resolve_step('{}', '{}', {})", task_, name_of(index),
                              skips ? "p_skip => true" : "'" + result_by_hand(step) + "'"));
    if (skips) {
        step.when = condition::false_of_context;
        step.fails_unmet = false;
        return;
    }
    step.when = condition::none;
    step.fails = false;
    step.failures = 0;
    step.failing_items = 0;
    step.runs = 1;
}

engine_run::outcome engine_run::run_with_resolves(model_workflow& steps, std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    unresolved_ = steps;
    do {
        if (below(8) == 0) {
            on_.db().exec(
                fmt::format("select tasker.set_priority(t.task_id, {}) from tasker.tasks t "
                            "where t.task_id = '{}' and t.finished_at is null",
                            1 + below(4), task_));
            is_moved_ = true;
        }
        auto const open = on_.db().exec(fmt::format(
            "select s.step_no from tasker.list_steps('{0}', null, -1, 1000) s, tasker.tasks t "
            "where t.task_id = '{0}' and not tasker.has_ended(t.state) and s.state in "
            "('enqueued', 'in_progress', 'waiting', 'waiting_for_retry') order by s.step_no",
            task_));
        if (!open.empty() && below(4) == 0) {
            auto const row = static_cast<pqxx::result::size_type>(below(open.size()));
            resolve(steps, open[row][0].as<std::size_t>());
        }
    } while (move(steps) || wait(steps));
    drop_messages();
    return end();
}

std::optional<engine_run::outcome> engine_run::resolve_failed(model_workflow& steps) {
    auto const failed = on_.db().exec(
        fmt::format("select s.step_no from tasker.steps s "
                    "cross join lateral tasker.steps_to_retry(array[s.task_id], s.step_no) r "
                    "where s.task_id = '{}' and s.state = 'failed' and s.step_no < 10000 "
                    "and r.step_no = s.step_no and r.way <> 'later' order by s.step_no",
                    task_));
    if (failed.empty()) {
        return std::nullopt;
    }
    auto const row = static_cast<pqxx::result::size_type>(below(failed.size()));
    auto const index = failed[row][0].as<std::size_t>();
    forget_events(fmt::format(", {}", index));
    // The others run again as they did before a user resolved them.
    for (auto const& again : on_.db().exec(fmt::format(
             "select step_no from tasker.steps_to_retry(array['{}'::uuid], {})", task_, index))) {
        steps[again[0].as<std::size_t>()] = unresolved_[again[0].as<std::size_t>()];
    }
    resolve(steps, index);
    while (move(steps) || wait(steps)) {
    }
    drop_messages();
    return end();
}

} // namespace tasker::sql::testing
