#include "tasker/wire/create_task.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<created_task>;
using enum presence;

constexpr std::array rules{
    rule{"task_id", required, [](field_value const& v, created_task& out) { out.id = v.id(); }},
    rule{"created", required,
         [](field_value const& v, created_task& out) { out.created = v.boolean(); }},
};

void append_created(std::string& out, created_task const& task) {
    json::object_writer writer{out};
    writer.text("task_id", task.id.to_string());
    writer.boolean("created", task.created);
}

} // namespace

void append(std::string& out, create_task_request const& request) {
    create_task_request const defaults;
    json::object_writer writer{out};
    if (request.name_space != defaults.name_space) {
        writer.text("namespace", request.name_space);
    }
    writer.text("name", request.name);
    if (request.version) {
        writer.text("version", *request.version);
    }
    if (request.context != defaults.context) {
        writer.json("context", request.context);
    }
    if (request.priority != defaults.priority) {
        writer.number("priority", request.priority);
    }
    if (request.idempotency_key) {
        writer.text("idempotency_key", *request.idempotency_key);
    }
    if (!request.labels.empty()) {
        writer.json("labels", labels_json(request.labels));
    }
}

void append_create_batch(std::string& out, std::span<create_task_request const> requests) {
    json::object_writer writer{out};
    json::append_array(writer.key("tasks"), requests);
}

void append_created_batch(std::string& out, std::span<created_task const> tasks) {
    json::object_writer writer{out};
    json::append_array(writer.key("tasks"), tasks, append_created);
}

result<std::vector<created_task>> read_created_batch(std::string_view json) {
    auto page = read_page<created_task>(json, "tasks", rules);
    if (!page) {
        return page.error();
    }
    return std::move(page->items);
}

} // namespace tasker::wire
