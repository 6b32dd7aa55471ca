#include "tasker/wire/worker.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;
using rule = field_rule<worker_view>;

constexpr std::array rules{
    rule{"name", required, [](field_value const& v, worker_view& out) { out.name = v.text(); }},
    rule{"namespaces", required,
         [](field_value const& v, worker_view& out) { out.namespaces = v.json(); }},
    rule{"slots", required,
         [](field_value const& v, worker_view& out) { out.slots = v.number<std::int32_t>(); }},
    rule{"handlers", required,
         [](field_value const& v, worker_view& out) { out.handlers = v.json(); }},
    rule{"version", required,
         [](field_value const& v, worker_view& out) { out.version = v.text(); }},
    rule{"state", required, [](field_value const& v, worker_view& out) { out.state = v.text(); }},
    rule{"command", optional,
         [](field_value const& v, worker_view& out) { out.command = v.optional_text(); }},
    rule{"started_at", required,
         [](field_value const& v, worker_view& out) { out.started_at = v.moment(); }},
    rule{"last_seen_at", required,
         [](field_value const& v, worker_view& out) { out.last_seen_at = v.moment(); }},
    rule{"steps_in_progress", required,
         [](field_value const& v, worker_view& out) {
             out.steps_in_progress = v.number<std::int32_t>();
         }},
};

} // namespace

void append(std::string& out, worker_view const& shown) {
    json::object_writer writer{out};
    writer.text("name", shown.name);
    writer.json("namespaces", shown.namespaces);
    writer.number("slots", shown.slots);
    writer.json("handlers", shown.handlers);
    writer.text("version", shown.version);
    writer.text("state", shown.state);
    writer.text_or_null("command", shown.command);
    writer.moment("started_at", shown.started_at);
    writer.moment("last_seen_at", shown.last_seen_at);
    writer.number("steps_in_progress", shown.steps_in_progress);
}

void append(std::string& out, page<worker_view> const& shown) {
    json::object_writer writer{out};
    json::append_array(writer.key("workers"), shown.items,
                       [](std::string& to, worker_view const& each) { append(to, each); });
    writer.text_or_null("next_cursor", shown.next_cursor);
}

result<worker_view> read_worker_view(std::string_view json) {
    return read_view<worker_view>(json, rules);
}

result<page<worker_view>> read_worker_page(std::string_view json) {
    return read_page<worker_view>(json, "workers", rules);
}

} // namespace tasker::wire
