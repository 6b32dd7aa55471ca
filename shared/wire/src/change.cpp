#include "tasker/wire/change.hpp"

#include "body_fields.hpp"

#include "tasker/json/writer.hpp"

#include <utility>

namespace tasker::wire {

namespace {

constexpr std::array<std::string_view, 3> priority_fields{"priority", "reason", "by"};
constexpr std::array<std::string_view, 3> edit_fields{"context", "reason", "by"};

/// A body with a field that is required. `read(from, out, problems)` consumes its value.
template <class Request, class Read>
body_result<Request> read_change(std::string_view body,
                                 std::array<std::string_view, 3> const& names, Read read) {
    bool is_given = false;
    auto out = read_optional_body<Request>(
        body, names,
        [&](json::walker& from, std::string_view key, Request& made, detail_list& problems) {
            if (key == names.front()) {
                is_given = true;
                read(from, made, problems);
            } else {
                read_author(from, key, made, problems);
            }
        });
    if (out && !is_given) {
        detail_list problems;
        problems.add(std::string{names.front()}, "is required");
        return std::move(problems).finish();
    }
    return out;
}

} // namespace

body_result<priority_request> parse_priority_change(std::string_view body) {
    return read_change<priority_request>(
        body, priority_fields,
        [](json::walker& from, priority_request& out, detail_list& problems) {
            auto const given = from.raw();
            if (auto const priority = to_priority(given)) {
                out.priority = *priority;
            } else {
                problems.add("priority", "must be 1, 2, 3 or 4, not " + shown(given));
            }
        });
}

void append(std::string& out, priority_request const& request) {
    json::object_writer writer{out};
    writer.number("priority", request.priority);
    append_author(writer, request);
}

body_result<edit_request> parse_edit(std::string_view body) {
    return read_change<edit_request>(
        body, edit_fields, [](json::walker& from, edit_request& out, detail_list& problems) {
            if (from.kind() != json::value_kind::object) {
                problems.add("context",
                             "must be an object, not " + std::string{json::describe(from.kind())});
            }
            out.context = from.raw();
        });
}

void append(std::string& out, edit_request const& request) {
    json::object_writer writer{out};
    writer.json("context", request.context);
    append_author(writer, request);
}

} // namespace tasker::wire
