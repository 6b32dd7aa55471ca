#include "schema_keyword_rules.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace tasker::json_schema {

namespace {

constexpr std::array<std::string_view, 7> type_names{"null",   "boolean", "integer", "number",
                                                     "string", "array",   "object"};

void no_effect(keyword_reading const& /*keyword*/) {}

void annotation_text(keyword_reading const& keyword) {
    read_string(keyword.in(), keyword.path, keyword.node);
}

void dialect(keyword_reading const& keyword) {
    auto const text = read_string(keyword.in(), keyword.path, keyword.node);
    if (text && !text->starts_with("http://json-schema.org/draft-07/schema") &&
        !text->starts_with("http://json-schema.org/draft-06/schema")) {
        keyword.report("must be \"http://json-schema.org/draft-07/schema#\": JSON Schema draft 7 "
                       "is the supported version");
    }
}

void later_draft(keyword_reading const& keyword) {
    keyword.report("is a keyword of a later draft than 7 and would not be enforced");
}

std::uint8_t one_type(keyword_reading const& keyword, document_path const& path, node_index node) {
    auto const text = read_string(keyword.in(), path, node);
    if (!text) {
        return 0;
    }
    auto const found = std::ranges::find(type_names, *text);
    if (found == type_names.end()) {
        keyword.in().problems.add(path, keyword.in().source[node],
                                  shown(*text) + " is not a JSON type" +
                                      keyword.in().problems.suggestion(*text, type_names));
        return 0;
    }
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(found - type_names.begin()));
}

void type(keyword_reading const& keyword) {
    if (keyword.value().kind != node_kind::list) {
        keyword.out.types = one_type(keyword, keyword.path, keyword.node);
        return;
    }
    for_each_item(keyword.in().source, keyword.node, [&](std::size_t index, node_index item) {
        auto const one = one_type(keyword, document_path{keyword.path, index}, item);
        keyword.out.types = static_cast<std::uint8_t>(keyword.out.types | one);
    });
    if (keyword.value().children == 0) {
        keyword.report("must name at least one type");
    }
}

void constant(keyword_reading const& keyword) {
    keyword.out.constant = keyword.builder.add_constant(keyword.node);
}

void enumeration(keyword_reading const& keyword) {
    if (!expect_list(keyword.in(), keyword.path, keyword.node)) {
        return;
    }
    keyword.out.enumeration.emplace();
    for_each_item(keyword.in().source, keyword.node, [&](std::size_t /*index*/, node_index item) {
        keyword.out.enumeration->push_back(keyword.builder.add_constant(item));
    });
    if (keyword.value().children == 0) {
        keyword.report("must have at least one value");
    }
}

template <std::optional<schema_number> subschema::*Member>
void number(keyword_reading const& keyword) {
    document_node const& node = keyword.value();
    schema_number out{.text = std::string{node.text}};
    if (auto const* const i = std::get_if<std::int64_t>(&node.value)) {
        out.value = static_cast<long double>(*i);
    } else if (auto const* const u = std::get_if<std::uint64_t>(&node.value)) {
        out.value = static_cast<long double>(*u);
    } else if (auto const* const d = std::get_if<double>(&node.value)) {
        out.value = *d;
    } else {
        keyword.report("must be a number, not " + std::string{describe(node.kind)});
        return;
    }
    if (Member == &subschema::multiple_of && !(out.value > 0)) {
        keyword.report("must be greater than 0");
        return;
    }
    keyword.out.*Member = std::move(out);
}

template <std::optional<std::size_t> subschema::*Member>
void count(keyword_reading const& keyword) {
    if (auto const read = read_integer(keyword.in(), keyword.path, keyword.node, 0,
                                       std::numeric_limits<std::int32_t>::max())) {
        keyword.out.*Member = static_cast<std::size_t>(*read);
    }
}

template <std::optional<schema_index> subschema::*Member>
void one_schema(keyword_reading const& keyword) {
    keyword.out.*Member = keyword.builder.add(keyword.path, keyword.node);
}

std::vector<schema_index> schema_list(keyword_reading const& keyword) {
    std::vector<schema_index> out;
    if (!expect_list(keyword.in(), keyword.path, keyword.node)) {
        return out;
    }
    for_each_item(keyword.in().source, keyword.node, [&](std::size_t index, node_index item) {
        out.push_back(keyword.builder.add(document_path{keyword.path, index}, item));
    });
    if (out.empty()) {
        keyword.report("must have at least one schema");
    }
    return out;
}

template <std::vector<schema_index> subschema::*Member>
void schemas(keyword_reading const& keyword) {
    keyword.out.*Member = schema_list(keyword);
}

/// Calls `each(key, value, path)` for the members of a keyword's mapping.
template <class Each>
void members(keyword_reading const& keyword, Each each) {
    document_node const& node = keyword.value();
    if (node.kind != node_kind::mapping) {
        keyword.report("must be a mapping, not " + std::string{describe(node.kind)});
        return;
    }
    for_each_member(keyword.in().source, keyword.node,
                    [&](document_node const& key, node_index value) {
                        each(key, value, document_path{keyword.path, key.text});
                    });
}

void definitions(keyword_reading const& keyword) {
    // Checked even if nothing refers to them.
    members(keyword, [&](document_node const& /*key*/, node_index value,
                         document_path const& path) { keyword.builder.add(path, value); });
}

void properties(keyword_reading const& keyword) {
    members(keyword, [&](document_node const& key, node_index value, document_path const& path) {
        keyword.out.properties.try_emplace(std::string{key.text}, keyword.builder.add(path, value));
        auto const& source = keyword.in().source;
        auto const initial = source[value].kind == node_kind::mapping
                                 ? find_member(source, value, "default")
                                 : std::nullopt;
        if (initial) {
            keyword.out.defaults.emplace_back(key.text, to_json(source, *initial));
        }
    });
}

std::optional<pattern> read_pattern(reading in, document_path const& path,
                                    document_node const& node) {
    pattern out{node.text};
    if (!out.problem().empty()) {
        in.problems.add(path, node, out.problem());
        return std::nullopt;
    }
    return out;
}

void pattern_properties(keyword_reading const& keyword) {
    members(keyword, [&](document_node const& key, node_index value, document_path const& path) {
        if (auto compiled = read_pattern(keyword.in(), path, key)) {
            keyword.out.pattern_properties.emplace_back(std::move(*compiled),
                                                        keyword.builder.add(path, value));
        }
    });
}

void matches(keyword_reading const& keyword) {
    if (read_string(keyword.in(), keyword.path, keyword.node)) {
        keyword.out.matches = read_pattern(keyword.in(), keyword.path, keyword.value());
    }
}

void format(keyword_reading const& keyword) {
    auto const text = read_string(keyword.in(), keyword.path, keyword.node);
    if (!text) {
        return;
    }
    keyword.out.format = find_format(*text);
    if (keyword.out.format == nullptr) {
        keyword.report(shown(*text) + " is not a supported format" +
                       keyword.in().problems.suggestion(*text, format_names()));
    }
}

void items(keyword_reading const& keyword) {
    if (keyword.value().kind == node_kind::list) {
        keyword.out.first_items = schema_list(keyword);
    } else {
        keyword.out.items = keyword.builder.add(keyword.path, keyword.node);
    }
}

void unique_items(keyword_reading const& keyword) {
    keyword.out.unique_items =
        read_boolean(keyword.in(), keyword.path, keyword.node).value_or(false);
}

std::vector<std::string> names(keyword_reading const& keyword, document_path const& path,
                               node_index node) {
    std::vector<std::string> out;
    if (!expect_list(keyword.in(), path, node)) {
        return out;
    }
    for_each_item(keyword.in().source, node, [&](std::size_t index, node_index item) {
        if (auto const text = read_string(keyword.in(), document_path{path, index}, item)) {
            out.emplace_back(*text);
        }
    });
    return out;
}

void required(keyword_reading const& keyword) {
    keyword.out.required = names(keyword, keyword.path, keyword.node);
}

void dependencies(keyword_reading const& keyword) {
    members(keyword, [&](document_node const& key, node_index value, document_path const& path) {
        if (keyword.in().source[value].kind == node_kind::list) {
            keyword.out.required_with.emplace_back(key.text, names(keyword, path, value));
        } else {
            keyword.out.schema_with.emplace_back(key.text, keyword.builder.add(path, value));
        }
    });
}

void reference(keyword_reading const& keyword) {
    auto const text = read_string(keyword.in(), keyword.path, keyword.node);
    if (!text) {
        return;
    }
    keyword.out.reference = keyword.builder.add_target(keyword.node, *text);
    if (!keyword.out.reference) {
        keyword.report(shown(*text) + " names no part of this schema; write a pointer, as in "
                                      "\"#/definitions/price\", or the $id of a part");
    }
}

constexpr std::array keyword_rules{
    keyword_rule{"$comment", annotation_text, true},
    keyword_rule{"$defs", definitions, true},
    keyword_rule{"$id", annotation_text, true},
    keyword_rule{"$ref", reference, true},
    keyword_rule{"$schema", dialect, true},
    keyword_rule{"additionalItems", no_effect}, // read after items
    keyword_rule{"additionalProperties", one_schema<&subschema::additional_properties>},
    keyword_rule{"allOf", schemas<&subschema::all_of>},
    keyword_rule{"anyOf", schemas<&subschema::any_of>},
    keyword_rule{"const", constant},
    keyword_rule{"contains", one_schema<&subschema::contains>},
    keyword_rule{"contentEncoding", annotation_text},
    keyword_rule{"contentMediaType", annotation_text},
    keyword_rule{"default", no_effect, true},
    keyword_rule{"definitions", definitions, true},
    keyword_rule{"dependencies", dependencies},
    keyword_rule{"deprecated", no_effect, true},
    keyword_rule{"description", annotation_text, true},
    keyword_rule{"else", one_schema<&subschema::alternative>},
    keyword_rule{"enum", enumeration},
    keyword_rule{"examples", no_effect, true},
    keyword_rule{"exclusiveMaximum", number<&subschema::exclusive_maximum>},
    keyword_rule{"exclusiveMinimum", number<&subschema::exclusive_minimum>},
    keyword_rule{"format", format},
    keyword_rule{"if", one_schema<&subschema::condition>},
    keyword_rule{"items", items},
    keyword_rule{"maxItems", count<&subschema::max_items>},
    keyword_rule{"maxLength", count<&subschema::max_length>},
    keyword_rule{"maxProperties", count<&subschema::max_properties>},
    keyword_rule{"maximum", number<&subschema::maximum>},
    keyword_rule{"minItems", count<&subschema::min_items>},
    keyword_rule{"minLength", count<&subschema::min_length>},
    keyword_rule{"minProperties", count<&subschema::min_properties>},
    keyword_rule{"minimum", number<&subschema::minimum>},
    keyword_rule{"multipleOf", number<&subschema::multiple_of>},
    keyword_rule{"not", one_schema<&subschema::negated>},
    keyword_rule{"oneOf", schemas<&subschema::one_of>},
    keyword_rule{"pattern", matches},
    keyword_rule{"patternProperties", pattern_properties},
    keyword_rule{"properties", properties},
    keyword_rule{"propertyNames", one_schema<&subschema::property_names>},
    keyword_rule{"readOnly", no_effect, true},
    keyword_rule{"required", required},
    keyword_rule{"then", one_schema<&subschema::consequence>},
    keyword_rule{"title", annotation_text, true},
    keyword_rule{"type", type},
    keyword_rule{"uniqueItems", unique_items},
    keyword_rule{"writeOnly", no_effect, true},
    keyword_rule{"$anchor", later_draft},
    keyword_rule{"$dynamicAnchor", later_draft},
    keyword_rule{"$dynamicRef", later_draft},
    keyword_rule{"$recursiveAnchor", later_draft},
    keyword_rule{"$recursiveRef", later_draft},
    keyword_rule{"$vocabulary", later_draft},
    keyword_rule{"contentSchema", later_draft},
    keyword_rule{"dependentRequired", later_draft},
    keyword_rule{"dependentSchemas", later_draft},
    keyword_rule{"maxContains", later_draft},
    keyword_rule{"minContains", later_draft},
    keyword_rule{"prefixItems", later_draft},
    keyword_rule{"unevaluatedItems", later_draft},
    keyword_rule{"unevaluatedProperties", later_draft},
};

constexpr auto names_of_rules = [] {
    std::array<std::string_view, keyword_rules.size()> out{};
    std::ranges::transform(keyword_rules, out.begin(), &keyword_rule::name);
    return out;
}();

} // namespace

keyword_rule const* find_keyword(std::string_view name) {
    auto const* const found = std::ranges::find(keyword_rules, name, &keyword_rule::name);
    return found == keyword_rules.end() ? nullptr : found;
}

std::span<std::string_view const> keyword_names() {
    return names_of_rules;
}

} // namespace tasker::json_schema
