#include "tasker/wire/dead_letters.hpp"

#include "body_fields.hpp"

#include "tasker/json/writer.hpp"
#include "tasker/model/names.hpp"

#include <charconv>

namespace tasker::wire {

namespace {

constexpr std::size_t longest_error_type = 1000;
constexpr std::size_t longest_cursor = 64;

constexpr std::array<std::string_view, 7> field_names{"task_ids", "filter", "limit", "dry_run",
                                                      "reason",   "by",     "cursor"};
constexpr std::array<std::string_view, 5> filter_names{"namespace", "template", "step",
                                                       "error_type", "failed_before"};

std::optional<std::string> cursor_problem(std::string_view cursor) {
    return length_problem(cursor, longest_cursor);
}

std::optional<std::string> time_problem(std::string_view text) {
    return parse_rfc3339(text)
               ? std::nullopt
               : std::optional<std::string>{"must be an RFC 3339 time, as in 2026-01-02T03:04:05Z"};
}

std::optional<std::string> id_problem(std::string_view text) {
    return task_id::parse(text) ? std::nullopt
                                : std::optional<std::string>{
                                      "must be a UUID, as in 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"};
}

/// Consumes the value and adds a problem if it is of another kind.
bool is_other_kind(json::walker& from, std::string_view key, json::value_kind wanted,
                   detail_list& problems) {
    if (from.kind() == wanted) {
        return false;
    }
    problems.add(std::string{key}, "must be " + std::string{json::describe(wanted)} + ", not " +
                                       std::string{json::describe(from.kind())});
    from.raw();
    return true;
}

dead_letter_filter read_filter_fields(json::walker& from, detail_list& problems) {
    dead_letter_filter out;
    read_fields(from, filter_names, problems, [&](std::string_view key) {
        if (key == "namespace") {
            out.name_space = read_text(from, key, model::namespace_problem, problems);
        } else if (key == "template") {
            out.template_name = read_text(from, key, model::name_problem, problems);
        } else if (key == "step") {
            out.step = read_text(from, key, model::name_problem, problems);
        } else if (key == "error_type") {
            out.error_type = read_text(from, key, error_type_problem, problems);
        } else {
            auto const text = read_text(from, key, time_problem, problems);
            auto const time = parse_rfc3339(text.value_or(""));
            if (time) {
                out.failed_before = *time;
            }
        }
    });
    return out;
}

std::optional<dead_letter_filter> read_filter(json::walker& from, detail_list& problems) {
    if (is_other_kind(from, "filter", json::value_kind::object, problems)) {
        return std::nullopt;
    }
    detail_list of_fields;
    auto filter = read_filter_fields(from, of_fields);
    for (auto& each : std::move(of_fields).finish().details) {
        problems.add("filter." + each.path, std::move(each.problem));
    }
    return filter;
}

std::vector<task_id> read_ids(json::walker& from, detail_list& problems) {
    std::vector<task_id> ids;
    if (is_other_kind(from, "task_ids", json::value_kind::array, problems)) {
        return ids;
    }
    std::size_t count = 0;
    from.array([&](std::size_t index) {
        if (++count > max_dead_letters) {
            from.raw();
            return;
        }
        auto const text =
            read_text(from, "task_ids[" + std::to_string(index) + "]", id_problem, problems);
        if (auto const id = task_id::parse(text.value_or(""))) {
            ids.push_back(*id);
        }
    });
    if (count == 0 || count > max_dead_letters) {
        problems.add("task_ids", "must have 1 to " + std::to_string(max_dead_letters) +
                                     " ids, not " + std::to_string(count));
    }
    return ids;
}

std::int32_t read_limit(json::walker& from, detail_list& problems) {
    std::string_view const text = from.raw();
    double value = 0; // 3.0 is an integer in JSON Schema
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    auto const limit =
        value >= 1 && value <= max_dead_letters ? static_cast<std::int32_t>(value) : 0;
    if (failure != std::errc{} || end != text.data() + text.size() || limit == 0 ||
        value != static_cast<double>(limit)) {
        problems.add("limit", "must be an integer from 1 to " + std::to_string(max_dead_letters) +
                                  ", not " + shown(text));
    }
    return limit;
}

void read_field(json::walker& from, std::string_view key, dead_letter_request& out,
                detail_list& problems) {
    if (key == "task_ids") {
        out.tasks = read_ids(from, problems);
    } else if (key == "filter") {
        out.filter = read_filter(from, problems);
    } else if (key == "limit") {
        out.limit = read_limit(from, problems);
    } else if (key == "dry_run") {
        out.dry_run = read_boolean(from, key, problems);
    } else if (key == "reason") {
        out.reason = read_text(from, key, reason_problem, problems);
    } else if (key == "by") {
        out.by = read_text(from, key, sender_problem, problems);
    } else {
        out.cursor = read_text(from, key, cursor_problem, problems);
    }
}

void append_filter(std::string& out, dead_letter_filter const& filter) {
    json::object_writer writer{out};
    for (auto const& [name, value] :
         {std::pair{"namespace", &filter.name_space}, std::pair{"template", &filter.template_name},
          std::pair{"step", &filter.step}, std::pair{"error_type", &filter.error_type}}) {
        if (*value) {
            writer.text(name, **value);
        }
    }
    if (filter.failed_before) {
        writer.moment("failed_before", *filter.failed_before);
    }
}

void append_id(std::string& out, task_id const& id) {
    out.append("\"").append(id.to_string()).append("\"");
}

} // namespace

std::optional<std::string> error_type_problem(std::string_view type) {
    return length_problem(type, longest_error_type);
}

body_result<dead_letter_request> parse_dead_letter_request(std::string_view body) {
    body = json::without_bom(body);
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    dead_letter_request out;
    read_fields(from, field_names, problems,
                [&](std::string_view key) { read_field(from, key, out, problems); });
    if (problems.empty() && out.tasks.has_value() == out.filter.has_value()) {
        problems.add({}, "must have either task_ids or filter; {\"filter\": {}} matches all");
    }
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

void append(std::string& out, dead_letter_request const& request) {
    json::object_writer writer{out};
    if (request.tasks) {
        json::append_array(writer.key("task_ids"), *request.tasks, append_id);
    }
    if (request.filter) {
        append_filter(writer.key("filter"), *request.filter);
    }
    if (request.limit != max_dead_letters) {
        writer.number("limit", request.limit);
    }
    if (request.dry_run) {
        writer.boolean("dry_run", true);
    }
    for (auto const& [name, value] :
         {std::pair{"reason", &request.reason}, std::pair{"by", &request.by},
          std::pair{"cursor", &request.cursor}}) {
        if (*value) {
            writer.text(name, **value);
        }
    }
}

} // namespace tasker::wire
