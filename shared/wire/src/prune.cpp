#include "tasker/wire/prune.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using enum presence;

constexpr std::array rules{
    field_rule<prune_view>{
        "tasks", required,
        [](field_value const& v, prune_view& out) { out.tasks = v.number<std::int32_t>(); }},
    field_rule<prune_view>{
        "next_cursor", optional,
        [](field_value const& v, prune_view& out) { out.next_cursor = v.optional_text(); }},
};

constexpr std::array erase_rules{
    field_rule<erase_view>{
        "tasks", required,
        [](field_value const& v, erase_view& out) { out.tasks = v.number<std::int32_t>(); }},
};

} // namespace

void append(std::string& out, prune_view const& shown) {
    json::object_writer writer{out};
    writer.number("tasks", shown.tasks);
    writer.text_or_null("next_cursor", shown.next_cursor);
}

result<prune_view> read_prune_view(std::string_view json) {
    return read_view<prune_view>(json, rules);
}

void append(std::string& out, erase_view const& shown) {
    json::object_writer writer{out};
    writer.number("tasks", shown.tasks);
}

result<erase_view> read_erase_view(std::string_view json) {
    return read_view<erase_view>(json, erase_rules);
}

} // namespace tasker::wire
