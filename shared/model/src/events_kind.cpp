#include "events_kind.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tasker::model {

namespace {

constexpr auto event_keys =
    joined(keys_of(event_fields), std::array<std::string_view, 1>{"publisher"});

event_settings read_event(reading in, document_path const& path, node_index node) {
    mapping_reader const from{in, path, node, event_keys};
    event_settings out;
    read_fields(in, path, from, event_fields, out, completeness::whole);
    if (auto const publisher = from.find("publisher");
        publisher && in.source[*publisher].kind != node_kind::null) {
        in.problems.add(document_path{path, "publisher"}, in.source[*publisher],
                        "is a class of tasker-core, which Tasker does not run: an event has the "
                        "result of its step");
    }
    if (out.condition == event_condition::permanent_failure) {
        out.condition = event_condition::failure;
    }
    if (out.delivery == event_delivery::broadcast) {
        out.delivery = event_delivery::durable;
    }
    return out;
}

} // namespace

std::optional<std::vector<event_settings>> events_kind::read(reading in, document_path const& path,
                                                             node_index node) {
    auto const& list = in.source[node];
    if (list.kind == node_kind::null || !expect_list(in, path, node) || list.children == 0) {
        return std::nullopt;
    }
    if (list.children > most_events) {
        in.problems.add(path, list,
                        "must have at most " + std::to_string(most_events) + " events, not " +
                            std::to_string(list.children));
        return std::nullopt;
    }
    std::vector<event_settings> out;
    out.reserve(list.children);
    for_each_item(in.source, node, [&](std::size_t index, node_index item) {
        out.push_back(read_event(in, document_path{path, index}, item));
    });
    return out;
}

void events_kind::write(std::string& out, std::vector<event_settings> const& value) {
    json::append_array(out, value, [](std::string& to, event_settings const& event) {
        json::object_writer mapping{to};
        write_fields(mapping, event_fields, event);
    });
}

void events_kind::write_column(std::string& out, std::vector<event_settings> const& value) {
    std::vector<event_settings> used;
    used.reserve(value.size());
    for (auto const& event : value) {
        auto& each = used.emplace_back();
        each.name = event.name;
        each.condition = event.condition;
        each.delivery = event.delivery;
        set_defaults(event_fields, each);
    }
    write(out, used);
}

} // namespace tasker::model
