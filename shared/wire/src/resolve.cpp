#include "tasker/wire/resolve.hpp"

#include "body_fields.hpp"

#include "tasker/json/writer.hpp"

#include <utility>

namespace tasker::wire {

namespace {

constexpr std::array<std::string_view, 4> field_names{"result", "skip", "reason", "by"};

} // namespace

body_result<resolve_request> parse_resolve(std::string_view body) {
    auto out = read_optional_body<resolve_request>(
        body, field_names,
        [](json::walker& from, std::string_view key, resolve_request& read, detail_list& problems) {
            if (key == "result") {
                read.result = from.raw();
            } else if (key == "skip") {
                read.skip = read_boolean(from, key, problems);
            } else {
                read_author(from, key, read, problems);
            }
        });
    if (out && out->skip == out->result.has_value()) {
        detail_list problems;
        problems.add("result", "is required, unless skip is true; give one of the two");
        return std::move(problems).finish();
    }
    return out;
}

void append(std::string& out, resolve_request const& request) {
    json::object_writer writer{out};
    if (request.result) {
        writer.json("result", *request.result);
    }
    if (request.skip) {
        writer.boolean("skip", true);
    }
    append_author(writer, request);
}

} // namespace tasker::wire
