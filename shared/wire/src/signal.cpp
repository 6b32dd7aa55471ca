#include "tasker/wire/signal.hpp"

#include "body_fields.hpp"
#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

#include <algorithm>

namespace tasker::wire {

namespace {

using enum presence;

constexpr std::array<std::string_view, 4> outcome_names{"complete", "counted", "kept", "repeated"};
constexpr std::array<std::string_view, 3> field_names{"payload", "by", "idempotency_key"};

signal_request read_request(json::walker& from, detail_list& problems) {
    signal_request out;
    read_fields(from, field_names, problems, [&](std::string_view key) {
        if (key == "payload") {
            out.payload = from.raw();
        } else if (key == "by") {
            out.by = read_text(from, key, sender_problem, problems);
        } else {
            out.idempotency_key = read_text(from, key, key_problem, problems);
        }
    });
    return out;
}

constexpr std::array reply_rules{
    field_rule<signal_reply>{"outcome", required,
                             [](field_value const& v, signal_reply& out) {
                                 out.outcome = v.parsed(parse_signal_outcome);
                             }},
};

constexpr std::array keyed_rules{
    field_rule<keyed_signal_reply>{"delivered", required,
                                   [](field_value const& v, keyed_signal_reply& out) {
                                       out.delivered = v.number<std::int64_t>();
                                   }},
    field_rule<keyed_signal_reply>{
        "kept", required,
        [](field_value const& v, keyed_signal_reply& out) { out.kept = v.boolean(); }},
};

using rule = field_rule<signal_wait>;

constexpr std::array wait_rules{
    rule{"task_id", required, [](field_value const& v, signal_wait& out) { out.id.task = v.id(); }},
    rule{"step_no", required,
         [](field_value const& v, signal_wait& out) {
             out.id.step = step_no{v.number<std::int32_t>()};
         }},
    rule{"step", required, [](field_value const& v, signal_wait& out) { out.step = v.text(); }},
    rule{"namespace", required,
         [](field_value const& v, signal_wait& out) { out.name_space = v.text(); }},
    rule{"template", required,
         [](field_value const& v, signal_wait& out) { out.template_name = v.text(); }},
    rule{"version", required,
         [](field_value const& v, signal_wait& out) { out.template_version = v.text(); }},
    rule{"name", required, [](field_value const& v, signal_wait& out) { out.name = v.text(); }},
    rule{"key", optional,
         [](field_value const& v, signal_wait& out) { out.key = v.optional_text(); }},
    rule{"waiting_since", required,
         [](field_value const& v, signal_wait& out) { out.waiting_since = v.moment(); }},
    rule{"deadline", optional,
         [](field_value const& v, signal_wait& out) { out.deadline = v.optional_moment(); }},
    rule{"quorum", required,
         [](field_value const& v, signal_wait& out) { out.quorum = v.number<std::int32_t>(); }},
    rule{"received", required,
         [](field_value const& v, signal_wait& out) { out.received = v.number<std::int32_t>(); }},
    rule{"schema", optional,
         [](field_value const& v, signal_wait& out) { out.schema = v.optional_json(); }},
    rule{"form", optional,
         [](field_value const& v, signal_wait& out) { out.form = v.optional_json(); }},
};

void append_wait(std::string& out, signal_wait const& wait) {
    json::object_writer writer{out};
    writer.text("task_id", wait.id.task.to_string());
    writer.text("step", wait.step);
    writer.number("step_no", wait.id.step.value);
    writer.text("namespace", wait.name_space);
    writer.text("template", wait.template_name);
    writer.text("version", wait.template_version);
    writer.text("name", wait.name);
    writer.text_or_null("key", wait.key);
    writer.moment("waiting_since", wait.waiting_since);
    writer.moment_or_null("deadline", wait.deadline);
    writer.number("quorum", wait.quorum);
    writer.number("received", wait.received);
    writer.json_or_null("schema", wait.schema);
    writer.json_or_null("form", wait.form);
}

} // namespace

body_result<signal_request> parse_signal(std::string_view body) {
    body = json::without_bom(body);
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    auto out = read_request(from, problems);
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

void append(std::string& out, signal_request const& request) {
    signal_request const defaults;
    json::object_writer writer{out};
    if (request.payload != defaults.payload) {
        writer.json("payload", request.payload);
    }
    if (request.by) {
        writer.text("by", *request.by);
    }
    if (request.idempotency_key) {
        writer.text("idempotency_key", *request.idempotency_key);
    }
}

std::string_view to_string(signal_outcome outcome) noexcept {
    return outcome_names[static_cast<std::size_t>(outcome)];
}

std::optional<signal_outcome> parse_signal_outcome(std::string_view name) noexcept {
    auto const found = std::ranges::find(outcome_names, name);
    return found == outcome_names.end()
               ? std::nullopt
               : std::optional{static_cast<signal_outcome>(found - outcome_names.begin())};
}

void append(std::string& out, signal_reply const& reply) {
    json::object_writer writer{out};
    writer.text("outcome", to_string(reply.outcome));
}

result<signal_reply> read_signal_reply(std::string_view json) {
    return read_view<signal_reply>(json, reply_rules);
}

void append(std::string& out, keyed_signal_reply const& reply) {
    json::object_writer writer{out};
    writer.number("delivered", reply.delivered);
    writer.boolean("kept", reply.kept);
}

result<keyed_signal_reply> read_keyed_signal_reply(std::string_view json) {
    return read_view<keyed_signal_reply>(json, keyed_rules);
}

void append(std::string& out, page<signal_wait> const& waits) {
    json::object_writer writer{out};
    json::append_array(writer.key("signals"), waits.items, append_wait);
    writer.text_or_null("next_cursor", waits.next_cursor);
}

result<page<signal_wait>> read_signal_page(std::string_view json) {
    return read_page<signal_wait>(json, "signals", wait_rules);
}

} // namespace tasker::wire
