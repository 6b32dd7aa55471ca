#include "tasker/wire/diagnosis.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;
using rule = field_rule<finding>;

constexpr std::array finding_rules{
    rule{"severity", required, [](field_value const& v, finding& out) { out.severity = v.text(); }},
    rule{"subject", required, [](field_value const& v, finding& out) { out.subject = v.text(); }},
    rule{"sentence", required, [](field_value const& v, finding& out) { out.sentence = v.text(); }},
    rule{"hint", required, [](field_value const& v, finding& out) { out.hint = v.text(); }},
};

constexpr std::array rules{
    field_rule<diagnosis>{"findings", required,
                          [](field_value const& v, diagnosis& out) {
                              out.findings = read_objects<finding>(v, finding_rules);
                          }},
};

} // namespace

void append(std::string& out, diagnosis const& shown) {
    json::object_writer writer{out};
    json::append_array(writer.key("findings"), shown.findings,
                       [](std::string& to, finding const& each) {
                           json::object_writer of{to};
                           of.text("severity", each.severity);
                           of.text("subject", each.subject);
                           of.text("sentence", each.sentence);
                           of.text("hint", each.hint);
                       });
}

result<diagnosis> read_diagnosis(std::string_view json) {
    return read_view<diagnosis>(json, rules);
}

} // namespace tasker::wire
