#include "tasker/wire/dead_letters.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;

using letter_rule = field_rule<dead_letter>;

constexpr std::array letter_rules{
    letter_rule{"task_id", required,
                [](field_value const& v, dead_letter& out) { out.id = v.id(); }},
    letter_rule{"namespace", required,
                [](field_value const& v, dead_letter& out) { out.name_space = v.text(); }},
    letter_rule{"template", required,
                [](field_value const& v, dead_letter& out) { out.template_name = v.text(); }},
    letter_rule{"version", required,
                [](field_value const& v, dead_letter& out) { out.template_version = v.text(); }},
    letter_rule{"failed_at", required,
                [](field_value const& v, dead_letter& out) { out.failed_at = v.moment(); }},
    letter_rule{"step", optional,
                [](field_value const& v, dead_letter& out) { out.step = v.optional_text(); }},
    letter_rule{
        "attempts", required,
        [](field_value const& v, dead_letter& out) { out.attempts = v.number<std::int32_t>(); }},
    letter_rule{"reason", required,
                [](field_value const& v, dead_letter& out) { out.reason = v.text(); }},
    letter_rule{"error", optional,
                [](field_value const& v, dead_letter& out) { out.error = v.optional_json(); }},
};

using group_rule = field_rule<dead_letter_group>;

constexpr std::array group_rules{
    group_rule{"namespace", required,
               [](field_value const& v, dead_letter_group& out) { out.name_space = v.text(); }},
    group_rule{"template", required,
               [](field_value const& v, dead_letter_group& out) { out.template_name = v.text(); }},
    group_rule{"step", optional,
               [](field_value const& v, dead_letter_group& out) { out.step = v.optional_text(); }},
    group_rule{
        "error_type", optional,
        [](field_value const& v, dead_letter_group& out) { out.error_type = v.optional_text(); }},
    group_rule{"reason", required,
               [](field_value const& v, dead_letter_group& out) { out.reason = v.text(); }},
    group_rule{
        "count", required,
        [](field_value const& v, dead_letter_group& out) { out.count = v.number<std::int64_t>(); }},
    group_rule{"oldest_at", required,
               [](field_value const& v, dead_letter_group& out) { out.oldest_at = v.moment(); }},
    group_rule{"newest_at", required,
               [](field_value const& v, dead_letter_group& out) { out.newest_at = v.moment(); }},
    group_rule{"example_task_id", required,
               [](field_value const& v, dead_letter_group& out) { out.example = v.id(); }},
};

constexpr std::array groups_rules{
    field_rule<dead_letter_groups>{"count", required,
                                   [](field_value const& v, dead_letter_groups& out) {
                                       out.count = v.number<std::int64_t>();
                                   }},
    field_rule<dead_letter_groups>{
        "truncated", required,
        [](field_value const& v, dead_letter_groups& out) { out.truncated = v.boolean(); }},
    field_rule<dead_letter_groups>{"groups", required,
                                   [](field_value const& v, dead_letter_groups& out) {
                                       out.groups = read_objects<dead_letter_group>(v, group_rules);
                                   }},
};

constexpr std::array refusal_rules{
    field_rule<dead_letter_refusal>{
        "task_id", required,
        [](field_value const& v, dead_letter_refusal& out) { out.id = v.id(); }},
    field_rule<dead_letter_refusal>{
        "problem", required,
        [](field_value const& v, dead_letter_refusal& out) { out.problem = v.text(); }},
};

constexpr std::array outcome_rules{
    field_rule<dead_letter_outcome>{"matched", required,
                                    [](field_value const& v, dead_letter_outcome& out) {
                                        out.matched = v.number<std::int32_t>();
                                    }},
    field_rule<dead_letter_outcome>{"done", required,
                                    [](field_value const& v, dead_letter_outcome& out) {
                                        out.done = v.number<std::int32_t>();
                                    }},
    field_rule<dead_letter_outcome>{"refused", required,
                                    [](field_value const& v, dead_letter_outcome& out) {
                                        out.refused =
                                            read_objects<dead_letter_refusal>(v, refusal_rules);
                                    }},
    field_rule<dead_letter_outcome>{"next_cursor", optional,
                                    [](field_value const& v, dead_letter_outcome& out) {
                                        out.next_cursor = v.optional_text();
                                    }},
};

void append_letter(std::string& out, dead_letter const& letter) {
    json::object_writer writer{out};
    writer.text("task_id", letter.id.to_string());
    writer.text("namespace", letter.name_space);
    writer.text("template", letter.template_name);
    writer.text("version", letter.template_version);
    writer.moment("failed_at", letter.failed_at);
    writer.text_or_null("step", letter.step);
    writer.number("attempts", letter.attempts);
    writer.text("reason", letter.reason);
    writer.json_or_null("error", letter.error);
}

void append_group(std::string& out, dead_letter_group const& group) {
    json::object_writer writer{out};
    writer.text("namespace", group.name_space);
    writer.text("template", group.template_name);
    writer.text_or_null("step", group.step);
    writer.text_or_null("error_type", group.error_type);
    writer.text("reason", group.reason);
    writer.number("count", group.count);
    writer.moment("oldest_at", group.oldest_at);
    writer.moment("newest_at", group.newest_at);
    writer.text("example_task_id", group.example.to_string());
}

void append_refusal(std::string& out, dead_letter_refusal const& refusal) {
    json::object_writer writer{out};
    writer.text("task_id", refusal.id.to_string());
    writer.text("problem", refusal.problem);
}

} // namespace

void append(std::string& out, page<dead_letter> const& letters) {
    json::object_writer writer{out};
    json::append_array(writer.key("dead_letters"), letters.items, append_letter);
    writer.text_or_null("next_cursor", letters.next_cursor);
}

result<page<dead_letter>> read_dead_letter_page(std::string_view json) {
    return read_page<dead_letter>(json, "dead_letters", letter_rules);
}

void append(std::string& out, dead_letter_groups const& shown) {
    json::object_writer writer{out};
    writer.number("count", shown.count);
    writer.boolean("truncated", shown.truncated);
    json::append_array(writer.key("groups"), shown.groups, append_group);
}

result<dead_letter_groups> read_dead_letter_groups(std::string_view json) {
    return read_view<dead_letter_groups>(json, groups_rules);
}

void append(std::string& out, dead_letter_outcome const& outcome) {
    json::object_writer writer{out};
    writer.number("matched", outcome.matched);
    writer.number("done", outcome.done);
    json::append_array(writer.key("refused"), outcome.refused, append_refusal);
    writer.text_or_null("next_cursor", outcome.next_cursor);
}

result<dead_letter_outcome> read_dead_letter_outcome(std::string_view json) {
    return read_view<dead_letter_outcome>(json, outcome_rules);
}

} // namespace tasker::wire
