#include "tasker/wire/retry.hpp"

#include "object_reader.hpp"

namespace tasker::wire {

namespace {

constexpr std::array retry_rules{
    field_rule<retry_view>{"at", presence::required,
                           [](field_value const& v, retry_view& out) { out.at = v.moment(); }},
    field_rule<retry_view>{
        "by", presence::optional,
        [](field_value const& v, retry_view& out) { out.by = v.optional_text(); }},
    field_rule<retry_view>{
        "reason", presence::optional,
        [](field_value const& v, retry_view& out) { out.reason = v.optional_text(); }},
};

} // namespace

result<std::vector<retry_view>> read_retries(std::string_view json) {
    return read_body(json, [](json::walker& from) {
        std::string const path;
        return read_objects<retry_view>(field_value{from, path, {}}, retry_rules);
    });
}

} // namespace tasker::wire
