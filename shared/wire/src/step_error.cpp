#include "tasker/wire/step_error.hpp"

#include "object_reader.hpp"

#include "tasker/json/storable.hpp"
#include "tasker/json/writer.hpp"

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

} // namespace

void append(std::string& out, step_error const& failure) {
    json::object_writer writer{out};
    writer.text("message", json::to_storable(failure.message));
    writer.text("type", json::to_storable(failure.type));
    if (failure.traceback) {
        writer.text("traceback", json::to_storable(*failure.traceback));
    }
}

result<step_error> read_step_error(std::string_view json) {
    return read_view<step_error>(json, rules);
}

} // namespace tasker::wire
