#include "engine_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tasker::sql::testing {

namespace {

std::string array_of(auto const& range, auto member) {
    std::string out;
    for (auto const& each : range) {
        out += (out.empty() ? "" : ",") + fmt::format("{}", member(each));
    }
    return "'{" + out + "}'";
}

} // namespace

engine_run::engine_run(workflow_database& on) : on_{on} {
    // A setting is quicker to change than a function.
    on_.db().exec(
        "create or replace function tasker.clock() returns timestamptz language sql volatile "
        "as $$ select clock_timestamp() + coalesce(nullif(current_setting("
        "'tasker_test.hours', true), ''), '0')::int * interval '1 hour' $$");
}

void engine_run::create(model_workflow const& steps) {
    held_.clear();
    misplaced_.clear();
    is_moved_ = false;
    if (templates_ == 0) {
        constexpr auto result = "result: {n: '${context/n}'}\n";
        on_.register_yaml("child_ok",
                          std::string{"  - {name: c0, handler: {callable: h}}\n"} + result);
        on_.register_yaml("child_bad",
                          std::string{"  - {name: c1, handler: {callable: h}}\n"} + result);
        on_.db().exec("select tasker.ensure_event_queue('default')");
        on_.register_yaml("child_of_item",
                          std::string{"  - {name: c2, handler: {callable: h}}\n"} + result);
    }
    auto const budget = budget_ == 0 ? "" : fmt::format("budget: {{tokens: {}}}\n", budget_);
    task_ =
        on_.create(on_.register_yaml("t" + std::to_string(++templates_), to_yaml(steps) + budget),
                   R"({"go": true, "five": 5, "l0": [], "l1": [1], "l2": [1, 2],
                           "l3": [1, 2, 3], "l4": [1, 2, 3, 4], "l5": [1, 2, 3, 4, 5]})");
    signal(steps, true);
}

bool engine_run::signal(model_workflow const& steps, bool early) {
    int sent = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].kind == body::signal && (!early || below(3) == 0)) {
            // Of a step or task that has ended already, it would be refused.
            sent += on_.db().value<int>(fmt::format(
                "select count(tasker.signal_task('{0}', '{1}', '{{\"n\": {2}}}')) from ("
                "select from tasker.list_steps('{0}', '{1}', -1, 1) s, tasker.tasks t "
                "where t.task_id = '{0}' and not tasker.has_ended(t.state) and "
                "s.state in ({3})) x",
                task_, name_of(i), steps[i].result, early ? "'pending', 'waiting'" : "'waiting'"));
        }
    }
    return sent > 0;
}

engine_run::outcome engine_run::run(model_workflow const& steps, std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    while (move(steps) || wait(steps)) {
    }
    return end();
}

engine_run::outcome engine_run::run_with_budget(model_workflow const& steps, std::uint64_t seed,
                                                int budget) {
    budget_ = budget;
    spent_ = 0;
    auto out = run(steps, seed);
    budget_ = 0;
    return out;
}

int engine_run::shown_spent() {
    return on_.db().value<int>(fmt::format(
        "select coalesce(sum((v.spent ->> 'tokens')::int), 0) from tasker.get_tasks(array("
        "select '{0}'::uuid union select l.task_id from tasker.task_labels l "
        "where l.name = 'tasker.hook_of' and l.value = '{0}')) v",
        task_));
}

engine_run::outcome engine_run::run_and_cancel(model_workflow const& steps, std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    for (auto moves = below(8); moves > 0; --moves) {
        if (!move(steps) && !wait(steps)) {
            break;
        }
    }
    on_.db().exec(
        fmt::format("select tasker.cancel_tasks(array['{}'::uuid], {})", task_, below(2) == 0));
    finish_all(steps);
    return end();
}

engine_run::outcome engine_run::run_overdue(model_workflow const& steps, std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    for (auto moves = below(12); moves > 0; --moves) {
        if (!move(steps) && !wait(steps)) {
            break;
        }
    }
    on_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], false, true)", task_));
    return end();
}

void engine_run::forget_events(std::string const& more) {
    on_.db().exec(fmt::format(
        "delete from pgmq.q_default_domain_events q using "
        "tasker.steps_to_retry(array['{0}'::uuid]{1}) r, "
        "tasker.tasks t, tasker.template_steps d where q.message ->> 'task_id' = '{0}' and "
        "t.task_id = r.task_id and d.template_id = t.template_id and d.step_no = r.step_no and "
        "q.message ->> 'step' = d.name",
        task_, more));
}

engine_run::outcome engine_run::retry(model_workflow const& steps) {
    forget_events();
    try {
        on_.db().exec(fmt::format("select tasker.retry_task('{}')", task_));
    } catch (pqxx::sql_error const&) {
        finish_all(steps);
        throw;
    }
    finish_all(steps);
    return end();
}

void engine_run::finish_all(model_workflow const& steps) {
    while (move(steps) || wait(steps)) {
    }
    drop_messages();
}

engine_run::outcome engine_run::run_and_end(model_workflow const& steps, model_ending const& by,
                                            std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    ending_ = by;
    finish_all(steps);
    ending_.reset();
    return end();
}

void engine_run::drop_messages() {
    // A claim takes one of those that lost two leases.
    for (int claims = 0; claims < 20 && messages() > 0; ++claims) {
        expire_leases();
        claim();
        held_.clear();
    }
}

bool engine_run::move(model_workflow const& steps) {
    if (held_.empty() || below(3) == 0) {
        bool const got_some = claim();
        if (held_.empty() && !got_some) {
            return false;
        }
    }
    if (!held_.empty() && below(10) == 0) {
        // The worker dies: another one gets its steps. The dead one reports too, and is refused.
        expire_leases();
        auto const dead = held_;
        held_.clear();
        while (claim()) {
        }
        auto const living = std::exchange(held_, dead);
        finish(steps);
        held_ = living;
        return true;
    }
    if (!held_.empty()) {
        finish(steps);
    }
    return true;
}

bool engine_run::claim() {
    auto const before = held_.size();
    keep(on_.db().exec(fmt::format("select * from tasker.claim_steps('{{{}}}', {}, 30, {}, 100)",
                                   fmt::join(queues, ","), on_.worker(), 1 + below(4))));
    return held_.size() > before;
}

int engine_run::messages() {
    int count = 0;
    for (auto const queue : queues) {
        count += on_.messages(std::string{queue});
    }
    return count;
}

void engine_run::expire_leases() {
    for (auto const queue : queues) {
        on_.expire_leases(std::string{queue});
    }
}

bool engine_run::is_in_its_queue(model_workflow const& steps, held const& of) {
    auto const priority = of.is_of_child ? 2 : priority_of(steps[of.step]);
    return of.queue == queues[static_cast<std::size_t>(4 - priority)];
}

void engine_run::keep(pqxx::result const& rows) {
    for (auto const& row : rows) {
        if (!row["refused"].as<bool>()) {
            held_.push_back(held_of(row));
            misplaced_ = !pause_.empty() && !held_.back().is_of_hook
                             ? "paused " + held_.back().queue
                             : misplaced_;
        }
    }
}

engine_run::held engine_run::held_of(pqxx::row const& row) {
    auto const name = row["name"].as<std::string>();
    auto const repetition = row["repetition"];
    held out{.queue = row["queue"].as<std::string>(),
             .task = row["task_id"].as<std::string>(),
             .is_of_child = name.front() == 'c',
             .number = row["step_no"].as<int>(),
             .item = row["item"].is_null() ? "" : row["item"].as<std::string>(),
             .delivery = row["delivery"].as<int>(),
             .msg_id = row["msg_id"].as<std::int64_t>(),
             .failures = row["failures"].as<int>(),
             .max_attempts = row["max_attempts"].as<int>(),
             .iteration = repetition.is_null() ? 1
                                               : std::stoi(repetition.as<std::string>().substr(
                                                     std::string{"{\"iteration\" : "}.size())),
             .is_undo = name.ends_with(":undo")};
    if (!out.is_of_child) {
        out.step = std::stoul(name.substr(1));
        return out;
    }
    auto const parent = on_.db().exec("select parent_step from tasker.tasks where task_id = '" +
                                      out.task + "' and parent_task is not null");
    out.is_of_hook = parent.empty();
    if (!out.is_of_hook) {
        auto const number = parent[0][0].as<int>();
        out.step = static_cast<std::size_t>(number % 10'000);
        out.parent_item = number / 10'000 - 1;
    }
    return out;
}

engine_run::report engine_run::report_of(model_workflow const& steps, held const& of) const {
    if (of.is_of_child) {
        bool const fails =
            !of.is_of_hook && (steps[of.step].fails ||
                               (of.parent_item >= 0 &&
                                of.parent_item < static_cast<int>(steps[of.step].failing_items)));
        return fails ? report{"permanent_failure", R"({"message":"no"})"}
                     : report{"success", "null"};
    }
    auto const& step = steps[of.step];
    if (of.is_undo) {
        return step.undo_fails ? report{"permanent_failure", R"({"message":"no"})"}
                               : report{"success", "null"};
    }
    if (ending_ && ending_->step == of.step) {
        return ending_->fails ? report{"fail_task", R"({"message":"ended"})"}
                              : report{"finish", ending_result};
    }
    // The limit grows with a retry of the task.
    if (of.failures - (of.max_attempts - step.max_attempts) < step.failures) {
        return {"retryable_failure", R"({"message":"again","type":"again"})"};
    }
    if (step.fails ||
        (!of.item.empty() && of.number / 10'000 <= static_cast<int>(step.failing_items))) {
        return {"permanent_failure", R"({"message":"no"})"};
    }
    auto const one = fmt::format(R"({{"n": {}}})", step.result);
    std::vector<std::string> results;
    for (auto at = of.item.find("\"index\""); at != std::string::npos;
         at = of.item.find("\"index\"", at + 1)) {
        results.push_back(one);
    }
    bool const is_batch = of.item.find("\"items\"") != std::string::npos;
    return {"success", is_batch ? fmt::format("[{}]", fmt::join(results, ", ")) : one};
}

/// Sometimes in two notes, or twice.
void engine_run::spend(std::vector<held> const& batch) {
    if (budget_ == 0) {
        return;
    }
    for (auto notes = 1 + below(2); notes > 0; --notes) {
        auto const counted = on_.db().value<int>(
            fmt::format("select tasker.store_progress({0}, {1}, {2}, {3}, {4}, {4}, {4}, {5})",
                        array_of(batch, [](auto const& each) { return each.task; }) + "::uuid[]",
                        array_of(batch, [](auto const& each) { return each.number; }) + "::int[]",
                        array_of(batch, [](auto const& each) { return each.delivery; }) + "::int[]",
                        array_of(batch, [&](auto const&) { return 1 + below(3); }) + "::int[]",
                        array_of(batch, [](auto const&) { return "null"; }),
                        array_of(batch, [](auto const&) { return R"("{\"tokens\": 1}")"; })));
        spent_ += notes == 1 ? counted : 0;
    }
}

void engine_run::finish(model_workflow const& steps) {
    std::ranges::shuffle(held_, random_);
    auto const queue = held_.front().queue;
    auto const others =
        std::ranges::stable_partition(held_, [&](held const& each) { return each.queue == queue; });
    auto const of_queue = static_cast<std::size_t>(others.begin() - held_.begin());
    auto const count = static_cast<std::ptrdiff_t>(1 + below(of_queue));
    std::vector<held> const batch(held_.begin(), held_.begin() + count);
    for (auto const& each : batch) {
        misplaced_ = is_moved_ || is_in_its_queue(steps, each) ? misplaced_ : each.queue;
    }
    held_.erase(held_.begin(), held_.begin() + count);
    spend(batch);
    auto const take = below(3) == 0 ? 0 : below(4);
    std::string statement;
    if (auto const only = report_of(steps, batch.front());
        batch.size() == 1 && only.outcome == "success") {
        statement = fmt::format("select * from tasker.finish_step('{}', {}, 30, {}, "
                                "'{}', {}, {}, {}, '{}', 0)",
                                queue, on_.worker(), take, batch.front().task, batch.front().number,
                                batch.front().delivery, batch.front().msg_id, only.payload);
    } else {
        std::string payloads;
        for (auto const& each : batch) {
            payloads += (payloads.empty() ? "'" : ", '") + report_of(steps, each).payload + "'";
        }
        statement = fmt::format(
            "select * from tasker.finish_steps('{}', {}, 30, {}, {}, {}, {}, {}, {}, "
            "array[{}], {}, {})",
            queue, on_.worker(), take, array_of(batch, [](auto const& each) { return each.task; }),
            array_of(batch, [](auto const& each) { return each.number; }),
            array_of(batch, [](auto const& each) { return each.delivery; }),
            array_of(batch, [](auto const& each) { return each.msg_id; }),
            array_of(batch, [&](auto const& each) { return report_of(steps, each).outcome; }),
            payloads, array_of(batch, [](auto const&) { return "null"; }),
            array_of(batch, [](auto const&) { return 0; }));
    }
    keep(on_.db().exec(statement));
}

bool engine_run::wait(model_workflow const& steps) {
    hours_ += 1;
    return signal(steps, false) ||
           on_.db().value<int>(fmt::format("select (tasker.fire_timers(1000)).fired from "
                                           "set_config('tasker_test.hours', '{}', false)",
                                           hours_)) > 0;
}

} // namespace tasker::sql::testing
