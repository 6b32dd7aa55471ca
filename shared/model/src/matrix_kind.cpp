#include "matrix_kind.hpp"

#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::size_t most_names = 8;
constexpr std::size_t longest_name = 64;

bool is_name(std::string_view text) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, fits);
}

bool is_scalar(node_kind kind) {
    return kind == node_kind::boolean || kind == node_kind::integer || kind == node_kind::real ||
           kind == node_kind::string;
}

/// Checks the values of a name; returns their number, or 0 if there is none.
std::size_t check_values(reading in, document_path const& path, node_index node) {
    if (!expect_list(in, path, node)) {
        return 0;
    }
    if (in.source[node].children == 0) {
        in.problems.add(path, in.source[node], "must have at least one value");
    }
    std::unordered_map<std::string, std::size_t> seen;
    for_each_item(in.source, node, [&](std::size_t index, node_index value) {
        document_path const value_path{path, index};
        if (!is_scalar(in.source[value].kind)) {
            in.problems.add(value_path, in.source[value],
                            "must be a string, a number or a boolean, not " +
                                std::string{documents::describe(in.source[value].kind)});
        } else if (!seen.try_emplace(to_json(in.source, value), index).second) {
            in.problems.add(value_path, in.source[value], "is in the list again");
        }
    });
    return in.source[node].children;
}

struct dimension {
    std::string name;
    std::vector<std::string> values; ///< JSON
};

std::vector<dimension> dimensions_of(std::string_view matrix) {
    std::vector<dimension> out;
    json::walker all{matrix};
    all.object([&](std::string_view name) {
        auto& added = out.emplace_back(dimension{std::string{name}, {}});
        all.array([&](std::size_t /*index*/) { added.values.emplace_back(all.raw()); });
    });
    return out;
}

} // namespace

std::optional<std::string> matrix_kind::read(reading in, document_path const& path,
                                             node_index node) const {
    document_node const& given = in.source[node];
    if (given.kind != node_kind::mapping) {
        in.problems.add(path, given,
                        "must be a mapping of names to lists, not " +
                            std::string{documents::describe(given.kind)});
        return std::nullopt;
    }
    std::size_t names = 0;
    std::size_t combinations = 1;
    for_each_member(in.source, node, [&](document_node const& key, node_index values) {
        auto const name = key.text;
        ++names;
        document_path const name_path{path, name};
        if (!is_name(name)) {
            in.problems.add(name_path, key, "must be 1 to 64 letters, digits, `_` or `-`");
        }
        auto const count = check_values(in, name_path, values);
        // The numbers stay small: a document has at most 2,000,000 nodes.
        combinations = std::min(combinations * count, std::size_t{1} << 20);
    });
    if (names == 0 || names > most_names) {
        in.problems.add(path, given,
                        "must have 1 to " + std::to_string(most_names) + " names, not " +
                            std::to_string(names));
    } else if (combinations > static_cast<std::size_t>(most)) {
        in.problems.add(path, given,
                        "must have at most " + std::to_string(most) + " combinations, not " +
                            std::to_string(combinations));
    }
    return to_json(in.source, node);
}

void matrix_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void matrix_kind::write_column(std::string& out, std::string_view value) {
    std::vector<std::string> rows{""};
    for (auto const& [name, values] : dimensions_of(value)) {
        std::vector<std::string> longer;
        longer.reserve(rows.size() * values.size());
        for (auto const& row : rows) {
            for (auto const& each : values) {
                auto& added = longer.emplace_back(row);
                json::append_string(added.append(row.empty() ? "" : ","), name);
                added.append(":").append(each);
            }
        }
        rows = std::move(longer);
    }
    json::append_array(out, rows, [](std::string& to, std::string const& row) {
        to.append("{").append(row).append("}");
    });
}

void matrix_kind::describe(json::object_writer& schema) const {
    schema.text("type", "object");
    schema.number("minProperties", 1);
    schema.number("maxProperties", most_names);
    schema.json("propertyNames", R"({"pattern":"^[A-Za-z0-9_-]{1,64}$"})");
    json::object_writer values{schema.key("additionalProperties")};
    values.text("type", "array");
    values.number("minItems", 1);
    values.number("maxItems", most);
    values.boolean("uniqueItems", true);
    values.json("items", R"({"type":["string","number","boolean"]})");
}

std::string matrix_names(std::string_view matrix) {
    std::string out;
    for (auto const& each : dimensions_of(matrix)) {
        out.append(out.empty() ? "" : " × ").append(each.name);
    }
    return out;
}

} // namespace tasker::model
