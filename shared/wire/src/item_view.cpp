#include "tasker/wire/item_view.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

namespace tasker::wire {

namespace {

using rule = field_rule<item_view>;
using enum presence;

constexpr std::array rules{
    rule{"index", required,
         [](field_value const& v, item_view& out) { out.index = v.number<std::int32_t>(); }},
    rule{"name", required, [](field_value const& v, item_view& out) { out.name = v.text(); }},
    rule{"state", required,
         [](field_value const& v, item_view& out) {
             out.state = v.parsed(model::parse_step_state);
         }},
    rule{"attempts", required,
         [](field_value const& v, item_view& out) { out.attempts = v.number<std::int32_t>(); }},
    rule{"deliveries", required,
         [](field_value const& v, item_view& out) { out.deliveries = v.number<std::int32_t>(); }},
    rule{"lost_leases", required,
         [](field_value const& v, item_view& out) { out.lost_leases = v.number<std::int32_t>(); }},
    rule{"enqueued_at", optional,
         [](field_value const& v, item_view& out) { out.enqueued_at = v.optional_moment(); }},
    rule{"started_at", optional,
         [](field_value const& v, item_view& out) { out.started_at = v.optional_moment(); }},
    rule{"finished_at", optional,
         [](field_value const& v, item_view& out) { out.finished_at = v.optional_moment(); }},
    rule{"worker", optional,
         [](field_value const& v, item_view& out) { out.worker = v.optional_text(); }},
    rule{"item", required, [](field_value const& v, item_view& out) { out.item = v.json(); }},
    // `null` is a valid result.
    rule{"result", optional, [](field_value const& v, item_view& out) { out.result = v.json(); }},
    rule{"error", optional, [](field_value const& v, item_view& out) { out.error = v.json(); }},
};

} // namespace

void append(std::string& out, item_view const& item) {
    json::object_writer writer{out};
    writer.number("index", item.index);
    writer.text("name", item.name);
    writer.text("state", to_string(item.state));
    writer.number("attempts", item.attempts);
    writer.number("deliveries", item.deliveries);
    writer.number("lost_leases", item.lost_leases);
    writer.moment_or_null("enqueued_at", item.enqueued_at);
    writer.moment_or_null("started_at", item.started_at);
    writer.moment_or_null("finished_at", item.finished_at);
    writer.text_or_null("worker", item.worker);
    writer.json("item", item.item);
    if (item.result) {
        writer.json("result", *item.result);
    }
    if (item.error) {
        writer.json("error", *item.error);
    }
}

void append(std::string& out, page<item_view> const& items) {
    json::object_writer writer{out};
    json::append_array(writer.key("items"), items.items);
    writer.text_or_null("next_cursor", items.next_cursor);
}

result<page<item_view>> read_item_page(std::string_view json) {
    return read_page<item_view>(json, "items", rules);
}

} // namespace tasker::wire
