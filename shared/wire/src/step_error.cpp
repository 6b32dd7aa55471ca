#include "tasker/wire/step_error.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

#include <algorithm>

namespace tasker::wire {

namespace {

using rule = field_rule<step_error>;
using enum presence;

constexpr std::array rules{
    rule{"message", required,
         [](field_value const& v, step_error& out) { out.message = v.text(); }},
    rule{"type", required, [](field_value const& v, step_error& out) { out.type = v.text(); }},
    rule{"traceback", optional,
         [](field_value const& v, step_error& out) { out.traceback = v.optional_text(); }},
};

/// Makes the text storable in PostgreSQL. No longer UTF-8 sequence contains the byte 0, so it is
/// changed to an invalid byte (0xff), which is then replaced like any other.
std::string storable(std::string_view text) {
    std::string out{text};
    std::ranges::replace(out, '\0', '\xff');
    return json::to_utf8(out);
}

} // namespace

void append(std::string& out, step_error const& failure) {
    json::object_writer writer{out};
    writer.text("message", storable(failure.message));
    writer.text("type", storable(failure.type));
    if (failure.traceback) {
        writer.text("traceback", storable(*failure.traceback));
    }
}

result<step_error> read_step_error(std::string_view json) {
    return read_view<step_error>(json, rules);
}

} // namespace tasker::wire
