#include "amounts_kind.hpp"

#include "template_fields.hpp"

#include "tasker/model/names.hpp"

#include <map>
#include <string>
#include <utility>

namespace tasker::model {

std::optional<std::string> amounts_kind::read(reading in, document_path const& path,
                                              node_index node) const {
    auto const& mapping = in.source[node];
    if (mapping.kind != node_kind::mapping) {
        in.problems.add(path, mapping,
                        "must be a mapping, not " + std::string{documents::describe(mapping.kind)});
        return std::nullopt;
    }
    auto const count = mapping.children / 2; // keys and values
    if (count == 0 || count > most_units) {
        in.problems.add(path, mapping,
                        "must have 1 to " + std::to_string(most_units) + " units, not " +
                            std::to_string(count));
        return std::nullopt;
    }
    std::map<std::string, std::int64_t> amounts;
    documents::for_each_member(in.source, node, [&](document_node const& unit, node_index number) {
        document_path const place{path, unit.text};
        if (auto problem = name_problem(unit.text)) {
            in.problems.add(place, unit, std::move(*problem));
        }
        if (auto const amount = documents::read_int64(in, place, number, 1, most)) {
            amounts.emplace(unit.text, *amount);
        }
    });
    std::string out;
    {
        json::object_writer writer{out};
        for (auto const& [unit, amount] : amounts) {
            writer.number(unit, amount);
        }
    }
    return out;
}

void amounts_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void amounts_kind::describe(json::object_writer& schema) const {
    schema.text("type", "object");
    schema.number("minProperties", 1);
    schema.number("maxProperties", most_units);
    {
        json::object_writer name{schema.key("propertyNames")};
        text_kind{name_problem, name_pattern}.describe(name);
    }
    json::object_writer amount{schema.key("additionalProperties")};
    amount.text("type", "integer");
    amount.number("minimum", 1);
    amount.number("maximum", most);
}

} // namespace tasker::model
