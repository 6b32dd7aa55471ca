#include "tasker/wire/rerun.hpp"

#include "body_fields.hpp"
#include "object_reader.hpp"

#include "tasker/json/writer.hpp"
#include "tasker/model/names.hpp"

#include <utility>

namespace tasker::wire {

namespace {

using enum presence;
using rule = field_rule<rerun_view>;

constexpr std::array<std::string_view, 4> field_names{"from", "reason", "by", "idempotency_key"};

constexpr std::array rules{
    rule{"task_id", required, [](field_value const& v, rerun_view& out) { out.task = v.id(); }},
    rule{"from", required, [](field_value const& v, rerun_view& out) { out.from = v.text(); }},
    rule{"at", required, [](field_value const& v, rerun_view& out) { out.at = v.moment(); }},
    rule{"by", optional, [](field_value const& v, rerun_view& out) { out.by = v.optional_text(); }},
    rule{"reason", optional,
         [](field_value const& v, rerun_view& out) { out.reason = v.optional_text(); }},
};

/// A longer text is the name of no step. The database lists the names if there is none.
std::optional<std::string> step_problem(std::string_view name) {
    return length_problem(name, model::max_name_length);
}

} // namespace

body_result<rerun_request> parse_rerun(std::string_view body) {
    auto request = read_optional_body<rerun_request>(
        body, field_names,
        [](json::walker& from, std::string_view key, rerun_request& out, detail_list& problems) {
            if (key == "from") {
                out.from = read_text(from, key, step_problem, problems).value_or("");
            } else if (key == "reason") {
                out.reason = read_text(from, key, reason_problem, problems);
            } else if (key == "by") {
                out.by = read_text(from, key, sender_problem, problems);
            } else {
                out.idempotency_key = read_text(from, key, key_problem, problems);
            }
        });
    if (request && request->from.empty()) {
        detail_list problems;
        problems.add("from", "is required: the name of a step");
        return std::move(problems).finish();
    }
    return request;
}

void append(std::string& out, rerun_request const& request) {
    json::object_writer writer{out};
    writer.text("from", request.from);
    for (auto const& [key, value] :
         {std::pair{"reason", &request.reason}, std::pair{"by", &request.by},
          std::pair{"idempotency_key", &request.idempotency_key}}) {
        if (*value) {
            writer.text(key, **value);
        }
    }
}

result<std::vector<rerun_view>> read_reruns(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const path;
        return read_objects<rerun_view>(field_value{from, path, {}}, rules);
    });
}

} // namespace tasker::wire
