#include "tasker/wire/step_attempt.hpp"

#include "object_reader.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<step_attempt>;
using enum presence;

constexpr std::array rules{
    rule{"attempt", required,
         [](field_value const& v, step_attempt& out) { out.attempt = v.number<std::int32_t>(); }},
    rule{"delivery", required,
         [](field_value const& v, step_attempt& out) { out.delivery = v.number<std::int32_t>(); }},
    rule{"worker", optional,
         [](field_value const& v, step_attempt& out) { out.worker = v.optional_text(); }},
    rule{"started_at", optional,
         [](field_value const& v, step_attempt& out) { out.started_at = v.optional_moment(); }},
    rule{"ended_at", required,
         [](field_value const& v, step_attempt& out) { out.ended_at = v.moment(); }},
    rule{"outcome", required,
         [](field_value const& v, step_attempt& out) { out.outcome = v.text(); }},
    rule{"error", optional,
         [](field_value const& v, step_attempt& out) { out.error = v.optional_json(); }},
};

} // namespace

result<std::vector<step_attempt>> read_step_attempts(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const root;
        return read_objects<step_attempt>(field_value{from, root, {}}, rules);
    });
}

} // namespace tasker::wire
