#include "workflow_database.hpp"

#include "tasker/model/compiled_template.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <sstream>

namespace tasker::sql::testing {
namespace {

std::string trimmed(std::string const& text) {
    auto const from = text.find_first_not_of(' ');
    return from == std::string::npos ? ""
                                     : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

std::vector<std::string> split(std::string const& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) {
        parts.push_back(trimmed(part));
    }
    return parts;
}

std::string joined(std::vector<int> const& numbers) {
    return fmt::format("[{}]", fmt::join(numbers, ","));
}

std::string text_or_empty(pqxx::field const& field) {
    return field.is_null() ? "" : field.as<std::string>();
}

/// A list of one step, as register_template takes it.
std::string step_with_defaults() {
    auto const parsed = model::parse_template_json(R"({"name": "t", "version": "1.0.0",
        "steps": [{"name": "a", "handler": {"callable": "tasker.noop"}}]})");
    return model::steps_json(model::compile(parsed.value(), ""));
}

held_step held(pqxx::row const& row) {
    return {.queue = row["queue"].as<std::string>(),
            .msg_id = row["msg_id"].as<std::int64_t>(),
            .task_id = row["task_id"].as<std::string>(),
            .step_no = row["step_no"].as<int>(),
            .delivery = row["delivery"].as<int>(),
            .name = row["name"].as<std::string>(),
            .alone = row["alone"].as<bool>(),
            .parents = text_or_empty(row["parents"]),
            .parents_bytes = row["parents_bytes"].as<int>(),
            .item = text_or_empty(row["item"])};
}

} // namespace

workflow_database::workflow_database(reporting mode) : mode_{mode} {
    database_.exec("set jit = off"); // as the sessions of the services
    worker_ = database_.value<int>("select tasker.register_worker('test-worker', '{default}')");
}

int workflow_database::register_template(std::string const& name, std::string_view steps,
                                         std::string const& settings) {
    struct parsed {
        std::string name;
        std::vector<int> parents;
        std::vector<int> children;
    };
    std::vector<parsed> all;
    std::map<std::string, int> numbers;
    for (auto const& entry : split(std::string(steps), ';')) {
        auto const sides = split(entry, '<');
        int const number = static_cast<int>(all.size());
        numbers[sides[0]] = number;
        all.push_back({sides[0], {}, {}});
        for (auto const& parent :
             sides.size() > 1 ? split(sides[1], ',') : std::vector<std::string>{}) {
            all.back().parents.push_back(numbers.at(parent));
            all[static_cast<std::size_t>(numbers.at(parent))].children.push_back(number);
        }
    }
    std::string json;
    for (auto const& step : all) {
        std::vector<std::size_t> child_parents;
        child_parents.reserve(step.children.size());
        for (int const child : step.children) {
            child_parents.push_back(all[static_cast<std::size_t>(child)].parents.size());
        }
        json += fmt::format(
            R"({}{{"step_no":{},"name":"{}","parents":{},"children":{},"child_parents":[{}]}})",
            json.empty() ? "" : ",", numbers[step.name], step.name, joined(step.parents),
            joined(step.children), fmt::join(child_parents, ","));
    }
    return database_.value<int>(
        fmt::format("select template_id from tasker.register_template('default', '{}', '1.0.0', "
                    "'default', 'hash', "
                    "'{{}}', (select json_agg('{}'::jsonb -> 0 || s || '{}'::jsonb) from "
                    "jsonb_array_elements('[{}]') s))",
                    name, step_with_defaults(), settings, json));
}

int workflow_database::register_yaml(std::string const& name, std::string const& steps) {
    auto const parsed =
        model::parse_template_yaml("name: " + name + "\nversion: 1.0.0\nsteps:\n" + steps);
    auto const made = model::compile(parsed.value(), "");
    pqxx::connection session{database_.dsn()};
    pqxx::nontransaction query{session};
    return query
        .exec_params1("select template_id from tasker.register_template('default', $1, '1.0.0', "
                      "'default', 'hash', $2, $3, $4)",
                      name, made.definition, model::steps_json(made), made.result)[0]
        .as<int>();
}

std::string workflow_database::create(int template_id, std::string const& context, int priority) {
    auto id = database_.value<std::string>("select tasker.uuid_v7()::text");
    database_.exec(fmt::format(
        "select * from tasker.create_tasks(array['{}']::uuid[], '{{{}}}', '{{{}}}', array['{}'], "
        "array[null::text])",
        id, template_id, priority, context));
    return id;
}

std::vector<held_step> workflow_database::claim(int quantity, int lease_s, int worker,
                                                std::string const& queues, int suspects) {
    std::vector<held_step> steps;
    for (auto const& row :
         database_.exec(fmt::format("select * from tasker.claim_steps('{}', {}, {}, {}, {})",
                                    queues, worker, lease_s, quantity, suspects))) {
        steps.push_back(held(row));
    }
    return steps;
}

void workflow_database::start(held_step const& step) {
    database_.exec(
        fmt::format("select tasker.start_steps(array['{}']::uuid[], '{{{}}}', '{{{}}}', '{{0}}')",
                    step.task_id, step.step_no, step.delivery));
}

void workflow_database::release(held_step const& step) {
    database_.exec(fmt::format(
        "select tasker.release_steps('{}', array['{}']::uuid[], '{{{}}}', '{{{}}}', '{{{}}}')",
        step.queue, step.task_id, step.step_no, step.delivery, step.msg_id));
}

std::vector<finish_row> workflow_database::finish(held_step const& step,
                                                  std::optional<std::string> const& payload,
                                                  int outcome, int take,
                                                  std::optional<int> retry_after_ms) {
    std::vector<finish_row> rows;
    auto const literal = payload ? '\'' + *payload + '\'' : "null";
    static constexpr std::array<std::string_view, 6> names{
        "success", "retryable_failure", "permanent_failure", "children", "finish", "fail_task"};
    bool const is_alone = mode_ == reporting::alone && outcome == 0;
    auto const result = database_.exec(
        is_alone
            ? fmt::format(
                  "select * from tasker.finish_step('{}', {}, 30, {}, '{}', {}, {}, {}, {}, 0)",
                  step.queue, worker_, take, step.task_id, step.step_no, step.delivery, step.msg_id,
                  literal)
            : fmt::format("select * from tasker.finish_steps('{}', {}, 30, {}, "
                          "array['{}']::uuid[], '{{{}}}', "
                          "'{{{}}}', "
                          "'{{{}}}', '{{{}}}', array[{}]::text[], '{{{}}}', '{{0}}')",
                          step.queue, worker_, take, step.task_id, step.step_no, step.delivery,
                          step.msg_id, names.at(static_cast<std::size_t>(outcome)), literal,
                          retry_after_ms ? std::to_string(*retry_after_ms) : "null"));
    for (auto const& row : result) {
        finish_row parsed{.kind = row["refused"].as<bool>() ? "refused" : "taken",
                          .task_id = text_or_empty(row["task_id"]),
                          .name = text_or_empty(row["name"]),
                          .step = {}};
        if (parsed.kind == "taken") {
            parsed.step = held(row);
        }
        rows.push_back(std::move(parsed));
    }
    return rows;
}

std::vector<std::string> workflow_database::run_all() {
    std::vector<std::string> order;
    for (auto steps = claim(); !steps.empty(); steps = claim()) {
        for (auto const& step : steps) {
            order.push_back(step.name);
            finish(step, fmt::format(R"("{}")", step.name));
        }
    }
    return order;
}

std::string workflow_database::task_state(std::string const& task_id) {
    return database_.value<std::string>(
        fmt::format("select state from tasker.get_tasks(array['{}'::uuid])", task_id));
}

std::optional<int> workflow_database::result_size(std::string const& task_id) {
    auto const rows = database_.exec(fmt::format(
        "select octet_length(result::text) from tasker.get_tasks(array['{}'::uuid])", task_id));
    return rows[0][0].is_null() ? std::nullopt : std::optional{rows[0][0].as<int>()};
}

std::string workflow_database::of_task(std::string const& task_id, std::string const& column) {
    return database_.value<std::string>(
        fmt::format("select coalesce(({})::text, '') from tasker.get_tasks(array['{}'::uuid])",
                    column, task_id));
}

std::string workflow_database::shown(std::string const& task_id, std::string const& name,
                                     std::string const& column) {
    return database_.value<std::string>(
        fmt::format("select coalesce(({})::text, '') from tasker.list_steps('{}', '{}', -1, 1)",
                    column, task_id, name));
}

std::string workflow_database::step_state(std::string const& task_id, std::string const& name) {
    return database_.value<std::string>(
        fmt::format("select state from tasker.list_steps('{}', '{}', -1, 1)", task_id, name));
}

int workflow_database::messages(std::string const& queue) {
    return database_.value<int>(fmt::format("select count(*) from pgmq.q_{}", queue));
}

void workflow_database::move_clock(std::string const& interval) {
    database_.exec(
        fmt::format("create or replace function tasker.clock() returns timestamptz language sql "
                    "volatile as $$ select clock_timestamp() + interval '{}' $$",
                    interval));
}

void workflow_database::expire_leases(std::string const& queue) {
    database_.exec(fmt::format("update pgmq.q_{} set vt = clock_timestamp()", queue));
}

} // namespace tasker::sql::testing
