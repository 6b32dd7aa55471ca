#include "tasker/wire/task_view.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<task_view>;
using enum presence;

using parent_rule = field_rule<task_parent>;

constexpr std::array parent_rules{
    parent_rule{"task_id", required,
                [](field_value const& v, task_parent& out) { out.task = v.id(); }},
    parent_rule{"step", required,
                [](field_value const& v, task_parent& out) { out.step = v.text(); }},
    parent_rule{"key", optional,
                [](field_value const& v, task_parent& out) { out.key = v.optional_text(); }},
};

void read_parent(field_value const& from, task_view& out) {
    if (from.walker().kind() == json::value_kind::null) {
        from.walker().raw();
        return;
    }
    out.parent = read_object<task_parent>(from.walker(), from.path(), parent_rules);
}

constexpr std::array rules{
    rule{"task_id", required, [](field_value const& v, task_view& out) { out.id = v.id(); }},
    rule{"namespace", required,
         [](field_value const& v, task_view& out) { out.name_space = v.text(); }},
    rule{"name", required, [](field_value const& v, task_view& out) { out.name = v.text(); }},
    rule{"version", required, [](field_value const& v, task_view& out) { out.version = v.text(); }},
    rule{"state", required,
         [](field_value const& v, task_view& out) {
             out.state = v.parsed(model::parse_task_state);
         }},
    rule{"priority", required,
         [](field_value const& v, task_view& out) { out.priority = v.number<std::int16_t>(); }},
    rule{"idempotency_key", optional,
         [](field_value const& v, task_view& out) { out.idempotency_key = v.optional_text(); }},
    rule{"context", required, [](field_value const& v, task_view& out) { out.context = v.json(); }},
    rule{"steps_total", required,
         [](field_value const& v, task_view& out) { out.steps_total = v.number<std::int32_t>(); }},
    rule{"steps_complete", required,
         [](field_value const& v, task_view& out) {
             out.steps_complete = v.number<std::int32_t>();
         }},
    rule{"steps_failed", required,
         [](field_value const& v, task_view& out) { out.steps_failed = v.number<std::int32_t>(); }},
    rule{"created_at", required,
         [](field_value const& v, task_view& out) { out.created_at = v.moment(); }},
    rule{"started_at", optional,
         [](field_value const& v, task_view& out) { out.started_at = v.optional_moment(); }},
    rule{"finished_at", optional,
         [](field_value const& v, task_view& out) { out.finished_at = v.optional_moment(); }},
    rule{"result", optional,
         [](field_value const& v, task_view& out) { out.result = v.optional_json(); }},
    rule{"parent", optional, read_parent},
    rule{"compensation", optional,
         [](field_value const& v, task_view& out) { out.compensation = v.optional_text(); }},
    rule{"error", optional,
         [](field_value const& v, task_view& out) { out.error = v.optional_json(); }},
    rule{"labels", optional,
         [](field_value const& v, task_view& out) { out.labels = v.texts_by_name(); }},
    rule{"hook_task", optional,
         [](field_value const& v, task_view& out) { out.hook_task = v.optional_id(); }},
    rule{"budget", optional,
         [](field_value const& v, task_view& out) { out.budget = v.numbers_by_name(); }},
    rule{"spent", optional,
         [](field_value const& v, task_view& out) { out.spent = v.numbers_by_name(); }},
    rule{"retries", optional,
         [](field_value const& v, task_view& out) { out.retries = v.optional_json(); }},
    rule{"rerun_of", optional,
         [](field_value const& v, task_view& out) { out.rerun_of = v.optional_id(); }},
    rule{"rerun_as", optional,
         [](field_value const& v, task_view& out) { out.rerun_as = v.optional_json(); }},
    rule{"paused", optional,
         [](field_value const& v, task_view& out) { out.paused = v.boolean(); }},
};

} // namespace

bool is_finished(task_view const& task) noexcept {
    return model::is_finished(task.state) && task.compensation != "running";
}

void append(std::string& out, task_view const& task) {
    json::object_writer writer{out};
    writer.text("task_id", task.id.to_string());
    writer.text("namespace", task.name_space);
    writer.text("name", task.name);
    writer.text("version", task.version);
    writer.text("state", to_string(task.state));
    writer.number("priority", task.priority);
    writer.text_or_null("idempotency_key", task.idempotency_key);
    writer.json("context", task.context);
    writer.number("steps_total", task.steps_total);
    writer.number("steps_complete", task.steps_complete);
    writer.number("steps_failed", task.steps_failed);
    writer.moment("created_at", task.created_at);
    writer.moment_or_null("started_at", task.started_at);
    writer.moment_or_null("finished_at", task.finished_at);
    writer.json_or_null("result", task.result);
    if (task.parent) {
        json::object_writer parent{writer.key("parent")};
        parent.text("task_id", task.parent->task.to_string());
        parent.text("step", task.parent->step);
        parent.text_or_null("key", task.parent->key);
    } else {
        writer.null("parent");
    }
    if (task.compensation) {
        writer.text("compensation", *task.compensation);
    }
    if (task.error) {
        writer.json("error", *task.error);
    }
    if (task.labels) {
        writer.json("labels", *task.labels);
    }
    if (task.hook_task) {
        writer.text("hook_task", task.hook_task->to_string());
    }
    if (task.budget) {
        writer.json("budget", *task.budget);
    }
    if (task.spent) {
        writer.json("spent", *task.spent);
    }
    if (task.retries) {
        writer.json("retries", *task.retries);
    }
    if (task.rerun_of) {
        writer.text("rerun_of", task.rerun_of->to_string());
    }
    if (task.rerun_as) {
        writer.json("rerun_as", *task.rerun_as);
    }
    if (task.paused) {
        writer.boolean("paused", true);
    }
}

result<task_view> read_task_view(std::string_view json) {
    return read_view<task_view>(json, rules);
}

void append(std::string& out, page<task_view> const& tasks) {
    json::object_writer writer{out};
    json::append_array(writer.key("tasks"), tasks.items);
    writer.text_or_null("next_cursor", tasks.next_cursor);
}

result<page<task_view>> read_task_page(std::string_view json) {
    return read_page<task_view>(json, "tasks", rules);
}

} // namespace tasker::wire
