#include "tasker/wire/explanation.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;

constexpr std::array step_rules{
    field_rule<step_explanation>{
        "step", required, [](field_value const& v, step_explanation& out) { out.step = v.text(); }},
    field_rule<step_explanation>{
        "state", required,
        [](field_value const& v, step_explanation& out) { out.state = v.text(); }},
    field_rule<step_explanation>{
        "explanation", required,
        [](field_value const& v, step_explanation& out) { out.explanation = v.text(); }},
};

constexpr std::array rules{
    field_rule<explanation_view>{
        "state", required,
        [](field_value const& v, explanation_view& out) { out.state = v.text(); }},
    field_rule<explanation_view>{
        "explanation", required,
        [](field_value const& v, explanation_view& out) { out.explanation = v.text(); }},
    field_rule<explanation_view>{"steps", required,
                                 [](field_value const& v, explanation_view& out) {
                                     out.steps = read_objects<step_explanation>(v, step_rules);
                                 }},
};

} // namespace

void append(std::string& out, explanation_view const& shown) {
    json::object_writer writer{out};
    writer.text("state", shown.state);
    writer.text("explanation", shown.explanation);
    json::append_array(writer.key("steps"), shown.steps,
                       [](std::string& to, step_explanation const& each) {
                           json::object_writer step{to};
                           step.text("step", each.step);
                           step.text("state", each.state);
                           step.text("explanation", each.explanation);
                       });
}

result<explanation_view> read_explanation(std::string_view json) {
    return read_view<explanation_view>(json, rules);
}

} // namespace tasker::wire
