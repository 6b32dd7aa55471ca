#include "tasker/wire/action.hpp"

#include "body_fields.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

constexpr std::array<std::string_view, 2> field_names{"reason", "by"};

} // namespace

body_result<action_request> parse_action(std::string_view body) {
    return read_optional_body<action_request>(
        body, field_names,
        [](json::walker& from, std::string_view key, action_request& out, detail_list& problems) {
            read_author(from, key, out, problems);
        });
}

void append(std::string& out, action_request const& request) {
    if (!request.reason && !request.by) {
        return;
    }
    json::object_writer writer{out};
    append_author(writer, request);
}

} // namespace tasker::wire
