#include "tasker/wire/compensation.hpp"

#include "body_fields.hpp"
#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;

constexpr std::array<std::string_view, 1> cancel_fields{"compensate"};

constexpr std::array undo_rules{
    field_rule<undo_view>{"step", required,
                          [](field_value const& v, undo_view& out) { out.step = v.text(); }},
    field_rule<undo_view>{"callable", required,
                          [](field_value const& v, undo_view& out) { out.callable = v.text(); }},
    field_rule<undo_view>{"state", required,
                          [](field_value const& v, undo_view& out) { out.state = v.text(); }},
    field_rule<undo_view>{
        "attempts", required,
        [](field_value const& v, undo_view& out) { out.attempts = v.number<std::int32_t>(); }},
};

constexpr std::array rules{
    field_rule<compensation_view>{
        "state", optional,
        [](field_value const& v, compensation_view& out) { out.state = v.optional_text(); }},
    field_rule<compensation_view>{"steps", required,
                                  [](field_value const& v, compensation_view& out) {
                                      out.steps = read_objects<undo_view>(v, undo_rules);
                                  }},
};

void append_undo(std::string& out, undo_view const& step) {
    json::object_writer writer{out};
    writer.text("step", step.step);
    writer.text("callable", step.callable);
    writer.text("state", step.state);
    writer.number("attempts", step.attempts);
}

} // namespace

body_result<cancel_request> parse_cancel(std::string_view body) {
    return read_optional_body<cancel_request>(
        body, cancel_fields,
        [](json::walker& from, std::string_view key, cancel_request& out, detail_list& problems) {
            out.compensate = read_boolean(from, key, problems);
        });
}

void append(std::string& out, cancel_request const& request) {
    if (request.compensate) {
        json::object_writer writer{out};
        writer.boolean("compensate", true);
    }
}

void append(std::string& out, compensation_view const& compensation) {
    json::object_writer writer{out};
    writer.text_or_null("state", compensation.state);
    json::append_array(writer.key("steps"), compensation.steps, append_undo);
}

result<compensation_view> read_compensation(std::string_view json) {
    return read_view<compensation_view>(json, rules);
}

} // namespace tasker::wire
