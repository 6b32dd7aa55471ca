#include "schema_compiler.hpp"

#include "schema_keywords.hpp"
#include "tasker/base/percent.hpp"
#include "tasker/json_schema/check.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tasker::json_schema {

namespace {

constexpr std::size_t max_subschemas = 10'000;
constexpr int max_same_value_depth = 64;

/// Decodes the escapes of a reference's token: percent signs (RFC 3986), then ~1 and ~0 (RFC 6901).
std::string unescape_token(std::string_view token) {
    auto const plain = percent_decode(token).value_or(std::string{token});
    std::string out;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        bool const escaped = plain[i] == '~' && i + 1 < plain.size();
        if (escaped && (plain[i + 1] == '0' || plain[i + 1] == '1')) {
            out += plain[++i] == '0' ? '~' : '/';
        } else {
            out += plain[i];
        }
    }
    return out;
}

} // namespace

schema_index schema_builder::add(std::string path, node_index node) {
    auto const [found, is_new] =
        numbers_.try_emplace(node, static_cast<schema_index>(places_.size()));
    if (is_new) {
        places_.push_back({node, std::move(path)});
    }
    return found->second;
}

schema_index schema_builder::add(document_path const& path, node_index node) {
    return add(path.to_string(), node);
}

std::size_t schema_builder::add_constant(node_index node) {
    constants_text_.append(constants_ == 0 ? "" : ",").append(to_json(in.source, node));
    return constants_++;
}

std::optional<node_index> schema_builder::child(node_index of, std::string const& token,
                                                std::string& path) {
    auto const [entry, is_new] = members_.try_emplace(of);
    auto& members = entry->second;
    bool const is_list = in.source[of].kind == node_kind::list;
    if (is_new && is_list) {
        for_each_item(in.source, of, [&](std::size_t index, node_index item) {
            members.try_emplace(std::to_string(index), item);
        });
    } else if (is_new && in.source[of].kind == node_kind::mapping) {
        for_each_member(in.source, of, [&](document_node const& key, node_index value) {
            members.try_emplace(std::string{key.text}, value);
        });
    }
    auto const found = members.find(token);
    if (found == members.end()) {
        return std::nullopt;
    }
    if (is_list) {
        path.append("[").append(token).append("]");
    } else {
        append_key(path, token);
    }
    return found->second;
}

std::optional<schema_index> schema_builder::add_target(node_index node,
                                                       std::string_view reference) {
    auto [schema, pointer] = identifiers_->find(node, reference);
    if (schema == nullptr) {
        return std::nullopt;
    }
    node_index at = schema->node;
    std::string path = schema->path;
    while (!pointer.empty()) {
        std::size_t const end = std::min(pointer.find('/', 1), pointer.size());
        auto const next = child(at, unescape_token(pointer.substr(1, end - 1)), path);
        if (!next) {
            return std::nullopt;
        }
        at = *next;
        pointer.remove_prefix(end);
    }
    return add(std::move(path), at);
}

std::shared_ptr<schema const> schema_builder::build(document_path const& path, node_index root) {
    auto out = std::make_shared<schema>();
    identifiers_.emplace(in, path, root);
    add(path, root);
    for (schema_index i = 0; i < places_.size(); ++i) {
        if (i == max_subschemas) {
            in.problems.add(path, in.source[root],
                            "has more than " + std::to_string(max_subschemas) + " subschemas");
            return out;
        }
        // A copy, because reading keywords adds entries.
        place const current = places_[i];
        out->subschemas.push_back(read_subschema(*this, document_path{current.path}, current.node));
    }
    check_same_value(*out);
    out->has_defaults = std::ranges::any_of(
        out->subschemas, [](subschema const& each) { return !each.defaults.empty(); });
    out->constants_owner = std::make_unique<simdjson::dom::parser>();
    simdjson::dom::array constants;
    auto const failure =
        out->constants_owner->parse("[" + constants_text_ + "]").get_array().get(constants);
    TASKER_ASSERT(!failure);
    out->constants.assign(constants.begin(), constants.end());
    return out;
}

namespace {

/// The schemas that apply to the same value as `from`; only these can form a cycle.
std::vector<schema_index> same_value_schemas(subschema const& from) {
    std::vector<schema_index> out;
    for (auto const* list : {&from.all_of, &from.any_of, &from.one_of}) {
        out.insert(out.end(), list->begin(), list->end());
    }
    for (auto const& one :
         {from.reference, from.negated, from.condition, from.consequence, from.alternative}) {
        if (one) {
            out.push_back(*one);
        }
    }
    for (auto const& [key, index] : from.schema_with) {
        out.push_back(index);
    }
    return out;
}

} // namespace

void schema_builder::check_same_value(schema const& built) {
    constexpr int unvisited = -1;
    constexpr int open = 0;
    // Per visited schema: the depth of schemas that apply to the same value.
    std::vector<int> depths(built.subschemas.size(), unvisited);
    struct step {
        schema_index index;
        std::vector<schema_index> next;
        int deepest = 0;
    };
    std::vector<step> walk;
    auto const report = [&](schema_index index, std::string problem) {
        in.problems.add(document_path{places_[index].path}, in.source[places_[index].node],
                        std::move(problem));
    };
    auto const enter = [&](schema_index index) {
        depths[index] = open;
        walk.push_back({index, same_value_schemas(built.subschemas[index])});
    };
    for (schema_index start = 0; start < built.subschemas.size(); ++start) {
        if (depths[start] == unvisited) {
            enter(start);
        }
        while (!walk.empty()) {
            step& top = walk.back();
            if (top.next.empty()) {
                int const depth = top.deepest + 1;
                depths[top.index] = depth;
                if (depth == max_same_value_depth + 1) {
                    report(top.index, "applies more than " + std::to_string(max_same_value_depth) +
                                          " schemas to one value, each inside the other");
                }
                walk.pop_back();
                if (!walk.empty()) {
                    walk.back().deepest = std::max(walk.back().deepest, depth);
                }
                continue;
            }
            schema_index const next = top.next.back();
            top.next.pop_back();
            if (depths[next] == unvisited) {
                enter(next);
            } else if (depths[next] == open) {
                report(next, "refers to itself for the same value");
            } else {
                top.deepest = std::max(top.deepest, depths[next]);
            }
        }
    }
}

std::shared_ptr<schema const> compile_schema(reading in, document_path const& path,
                                             node_index node) {
    return schema_builder{in}.build(path, node);
}

void check_schema(reading in, document_path const& path, node_index schema) {
    compile_schema(in, path, schema);
}

} // namespace tasker::json_schema
