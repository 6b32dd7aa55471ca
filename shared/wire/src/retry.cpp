#include "tasker/wire/retry.hpp"

#include "object_reader.hpp"

namespace tasker::wire {

namespace {

constexpr std::array action_rules{
    field_rule<action_view>{"at", presence::required,
                            [](field_value const& v, action_view& out) { out.at = v.moment(); }},
    field_rule<action_view>{
        "by", presence::optional,
        [](field_value const& v, action_view& out) { out.by = v.optional_text(); }},
    field_rule<action_view>{
        "reason", presence::optional,
        [](field_value const& v, action_view& out) { out.reason = v.optional_text(); }},
};

} // namespace

result<std::vector<action_view>> read_retries(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const path;
        return read_objects<action_view>(field_value{from, path, {}}, action_rules);
    });
}

result<action_view> read_action(std::string_view json) {
    return read_view<action_view>(json, action_rules);
}

} // namespace tasker::wire
