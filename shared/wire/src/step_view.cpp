#include "tasker/wire/step_view.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<step_view>;
using enum presence;

/// The shortest text that means this number.
std::string shortest(double number) {
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

constexpr std::array rules{
    rule{"name", required, [](field_value const& v, step_view& out) { out.name = v.text(); }},
    rule{"step_no", required,
         [](field_value const& v, step_view& out) {
             out.number = step_no{v.number<std::int32_t>()};
         }},
    rule{"state", required,
         [](field_value const& v, step_view& out) {
             out.state = v.parsed(model::parse_step_state);
         }},
    rule{"attempts", required,
         [](field_value const& v, step_view& out) { out.attempts = v.number<std::int32_t>(); }},
    rule{"max_attempts", required,
         [](field_value const& v, step_view& out) { out.max_attempts = v.number<std::int32_t>(); }},
    rule{"deliveries", required,
         [](field_value const& v, step_view& out) { out.deliveries = v.number<std::int32_t>(); }},
    rule{"lost_leases", required,
         [](field_value const& v, step_view& out) { out.lost_leases = v.number<std::int32_t>(); }},
    rule{"dependencies", required,
         [](field_value const& v, step_view& out) { out.dependencies = v.texts(); }},
    rule{"enqueued_at", optional,
         [](field_value const& v, step_view& out) { out.enqueued_at = v.optional_moment(); }},
    rule{"started_at", optional,
         [](field_value const& v, step_view& out) { out.started_at = v.optional_moment(); }},
    rule{"finished_at", optional,
         [](field_value const& v, step_view& out) { out.finished_at = v.optional_moment(); }},
    rule{"worker", optional,
         [](field_value const& v, step_view& out) { out.worker = v.optional_text(); }},
    rule{"waiting_for", optional,
         [](field_value const& v, step_view& out) { out.waiting_for = v.optional_text(); }},
    rule{"waits_until", optional,
         [](field_value const& v, step_view& out) { out.waits_until = v.optional_moment(); }},
    rule{"items_total", optional,
         [](field_value const& v, step_view& out) { out.items_total = v.number<std::int32_t>(); }},
    rule{"items_complete", optional,
         [](field_value const& v, step_view& out) {
             out.items_complete = v.number<std::int32_t>();
         }},
    rule{"items_failed", optional,
         [](field_value const& v, step_view& out) { out.items_failed = v.number<std::int32_t>(); }},
    rule{"compensation", optional,
         [](field_value const& v, step_view& out) { out.compensation = v.optional_json(); }},
    rule{"progress", optional,
         [](field_value const& v, step_view& out) { out.progress = v.real(); }},
    rule{"message", optional,
         [](field_value const& v, step_view& out) { out.message = v.optional_text(); }},
    rule{"reason", optional,
         [](field_value const& v, step_view& out) { out.reason = v.optional_text(); }},
    rule{"history", optional,
         [](field_value const& v, step_view& out) { out.history = v.optional_json(); }},
    rule{"resolved_by", optional,
         [](field_value const& v, step_view& out) { out.resolved_by = v.optional_json(); }},
    rule{"priority", optional,
         [](field_value const& v, step_view& out) { out.priority = v.number<std::int16_t>(); }},
    // `null` is a valid result.
    rule{"result", optional, [](field_value const& v, step_view& out) { out.result = v.json(); }},
    rule{"error", optional, [](field_value const& v, step_view& out) { out.error = v.json(); }},
};

} // namespace

void append(std::string& out, step_view const& step) {
    json::object_writer writer{out};
    writer.text("name", step.name);
    writer.number("step_no", step.number.value);
    writer.text("state", to_string(step.state));
    writer.number("attempts", step.attempts);
    writer.number("max_attempts", step.max_attempts);
    writer.number("deliveries", step.deliveries);
    writer.number("lost_leases", step.lost_leases);
    json::append_array(writer.key("dependencies"), step.dependencies, json::append_string);
    writer.moment_or_null("enqueued_at", step.enqueued_at);
    writer.moment_or_null("started_at", step.started_at);
    writer.moment_or_null("finished_at", step.finished_at);
    writer.text_or_null("worker", step.worker);
    if (step.waiting_for) {
        writer.text("waiting_for", *step.waiting_for);
        writer.moment_or_null("waits_until", step.waits_until);
    }
    if (step.items_total) {
        writer.number("items_total", *step.items_total);
        writer.number("items_complete", step.items_complete.value_or(0));
        writer.number("items_failed", step.items_failed.value_or(0));
    }
    if (step.compensation) {
        writer.json("compensation", *step.compensation);
    }
    if (step.progress) {
        writer.json("progress", shortest(*step.progress));
        writer.text_or_null("message", step.message);
    }
    if (step.reason) {
        writer.text("reason", *step.reason);
    }
    if (step.history) {
        writer.json("history", *step.history);
    }
    if (step.resolved_by) {
        writer.json("resolved_by", *step.resolved_by);
    }
    if (step.priority) {
        writer.number("priority", *step.priority);
    }
    if (step.result) {
        writer.json("result", *step.result);
    }
    if (step.error) {
        writer.json("error", *step.error);
    }
}

result<step_view> read_step_view(std::string_view json) {
    return read_view<step_view>(json, rules);
}

void append(std::string& out, page<step_view> const& steps) {
    json::object_writer writer{out};
    json::append_array(writer.key("steps"), steps.items);
    writer.text_or_null("next_cursor", steps.next_cursor);
}

result<page<step_view>> read_step_page(std::string_view json) {
    return read_page<step_view>(json, "steps", rules);
}

result<std::vector<std::string>> read_names(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const root;
        return field_value{from, root, {}}.texts();
    });
}

} // namespace tasker::wire
