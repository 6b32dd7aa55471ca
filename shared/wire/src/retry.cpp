#include "tasker/wire/retry.hpp"

#include "body_fields.hpp"
#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

constexpr std::array<std::string_view, 2> field_names{"reason", "by"};

constexpr std::array retry_rules{
    field_rule<retry_view>{"at", presence::required,
                           [](field_value const& v, retry_view& out) { out.at = v.moment(); }},
    field_rule<retry_view>{
        "by", presence::optional,
        [](field_value const& v, retry_view& out) { out.by = v.optional_text(); }},
    field_rule<retry_view>{
        "reason", presence::optional,
        [](field_value const& v, retry_view& out) { out.reason = v.optional_text(); }},
};

} // namespace

body_result<retry_request> parse_retry(std::string_view body) {
    body = json::without_bom(body);
    retry_request out;
    if (body.empty()) {
        return out;
    }
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    read_fields(from, field_names, problems, [&](std::string_view key) {
        if (key == "reason") {
            out.reason = read_text(from, key, reason_problem, problems);
        } else {
            out.by = read_text(from, key, sender_problem, problems);
        }
    });
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

void append(std::string& out, retry_request const& request) {
    if (!request.reason && !request.by) {
        return;
    }
    json::object_writer writer{out};
    if (request.reason) {
        writer.text("reason", *request.reason);
    }
    if (request.by) {
        writer.text("by", *request.by);
    }
}

result<std::vector<retry_view>> read_retries(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const path;
        return read_objects<retry_view>(field_value{from, path, {}}, retry_rules);
    });
}

} // namespace tasker::wire
