#include "schema_keywords.hpp"

#include "schema_keyword_rules.hpp"

#include <array>

namespace tasker::json_schema {

namespace {

void read_keyword(schema_builder& builder, document_path const& path, document_node const& key,
                  node_index value, subschema& out) {
    document_path const keyword_path{path, key.text};
    if (auto const* const rule = find_keyword(key.text)) {
        rule->read({builder, keyword_path, value, out});
    } else if (!key.text.starts_with("x-")) {
        builder.in.problems.add(keyword_path, key,
                                "is not a keyword of JSON Schema" +
                                    builder.in.problems.suggestion(key.text, keyword_names()));
    }
}

/// Report keywords that have no effect together with the others; draft 7 would ignore them.
void check_company(reading in, document_path const& path, node_index node) {
    bool const has_reference = find_member(in.source, node, "$ref").has_value();
    bool const has_condition = find_member(in.source, node, "if").has_value();
    auto const items = find_member(in.source, node, "items");
    bool const has_item_list = items && in.source[*items].kind == node_kind::list;
    for_each_member(in.source, node, [&](document_node const& key, node_index /*value*/) {
        auto const refuse = [&](std::string problem) {
            in.problems.add(document_path{path, key.text}, key, std::move(problem));
        };
        auto const* const rule = find_keyword(key.text);
        if (has_reference && rule != nullptr && !rule->beside_reference) {
            refuse("has no effect beside $ref; put the reference into allOf");
        } else if (!has_condition && (key.text == "then" || key.text == "else")) {
            refuse("has no effect without if");
        } else if (!has_item_list && key.text == "additionalItems") {
            refuse("has no effect unless items is a list");
        }
    });
}

} // namespace

std::string describe_types(std::uint8_t types) {
    constexpr std::array<std::string_view, 7> articles{
        "null", "a boolean", "a whole number", "a number", "a string", "an array", "an object"};
    std::vector<std::string_view> parts;
    for (std::size_t i = 0; i < articles.size(); ++i) {
        if ((types & (1U << i)) != 0) {
            parts.push_back(articles[i]);
        }
    }
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out.append(i == 0 ? "" : i + 1 == parts.size() ? " or " : ", ").append(parts[i]);
    }
    return out;
}

subschema read_subschema(schema_builder& builder, document_path const& path, node_index node) {
    subschema out;
    reading const in = builder.in;
    document_node const& source = in.source[node];
    if (source.kind == node_kind::boolean) {
        out.refuses_all = !std::get<bool>(source.value);
        return out;
    }
    if (source.kind != node_kind::mapping) {
        in.problems.add(path, source,
                        "must be a schema, a mapping or a boolean, not " +
                            std::string{describe(source.kind)});
        return out;
    }
    for_each_member(in.source, node, [&](document_node const& key, node_index value) {
        read_keyword(builder, path, key, value, out);
    });
    check_company(in, path, node);
    if (auto const after_list = find_member(in.source, node, "additionalItems")) {
        out.items = builder.add(document_path{path, "additionalItems"}, *after_list);
    }
    return out;
}

} // namespace tasker::json_schema
