#include "tasker/wire/pause.hpp"

#include "body_fields.hpp"
#include "object_reader.hpp"

#include "tasker/json/writer.hpp"
#include "tasker/model/names.hpp"

namespace tasker::wire {

namespace {

using enum presence;

constexpr std::array<std::string_view, 4> field_names{"namespace", "template", "reason", "by"};

constexpr std::array pause_rules{
    field_rule<pause_view>{
        "namespace", optional,
        [](field_value const& v, pause_view& out) { out.name_space = v.optional_text(); }},
    field_rule<pause_view>{
        "template", optional,
        [](field_value const& v, pause_view& out) { out.template_name = v.optional_text(); }},
    field_rule<pause_view>{
        "task_id", optional,
        [](field_value const& v, pause_view& out) { out.task = v.optional_id(); }},
    field_rule<pause_view>{
        "paused_at", required,
        [](field_value const& v, pause_view& out) { out.paused_at = v.moment(); }},
    field_rule<pause_view>{
        "by", optional, [](field_value const& v, pause_view& out) { out.by = v.optional_text(); }},
    field_rule<pause_view>{
        "reason", optional,
        [](field_value const& v, pause_view& out) { out.reason = v.optional_text(); }},
};

constexpr std::array rules{
    field_rule<pauses_view>{"pauses", required,
                            [](field_value const& v, pauses_view& out) {
                                out.pauses = read_objects<pause_view>(v, pause_rules);
                            }},
};

void append_pause(std::string& out, pause_view const& pause) {
    json::object_writer writer{out};
    writer.text_or_null("namespace", pause.name_space);
    writer.text_or_null("template", pause.template_name);
    writer.text_or_null("task_id",
                        pause.task ? std::optional{pause.task->to_string()} : std::nullopt);
    writer.moment("paused_at", pause.paused_at);
    writer.text_or_null("by", pause.by);
    writer.text_or_null("reason", pause.reason);
}

} // namespace

body_result<pause_request> parse_pause(std::string_view body) {
    return read_optional_body<pause_request>(
        body, field_names,
        [](json::walker& from, std::string_view key, pause_request& out, detail_list& problems) {
            if (key == "namespace") {
                out.name_space = read_text(from, key, model::namespace_problem, problems);
            } else if (key == "template") {
                out.template_name = read_text(from, key, model::name_problem, problems);
            } else {
                read_author(from, key, out, problems);
            }
        });
}

void append(std::string& out, pause_request const& request) {
    json::object_writer writer{out};
    for (auto const& [key, value] :
         {std::pair{"namespace", &request.name_space},
          std::pair{"template", &request.template_name}, std::pair{"reason", &request.reason},
          std::pair{"by", &request.by}}) {
        if (*value) {
            writer.text(key, **value);
        }
    }
}

void append(std::string& out, pauses_view const& shown) {
    json::object_writer writer{out};
    json::append_array(writer.key("pauses"), shown.pauses, append_pause);
}

result<pauses_view> read_pauses(std::string_view json) {
    return read_view<pauses_view>(json, rules);
}

} // namespace tasker::wire
