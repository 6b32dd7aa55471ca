#include "tasker/documents/mapping_reader.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tasker::documents {

namespace {

/// "the number 1.0" or "a list": show a scalar that may lack quotes.
std::string describe(document_node const& node) {
    if (node.kind == node_kind::integer || node.kind == node_kind::real) {
        return "the number " + std::string{node.text.substr(0, 40)};
    }
    return std::string{documents::describe(node.kind)};
}

void report_kind(reading in, document_path const& path, node_index index,
                 std::string_view expected) {
    document_node const& node = in.source[index];
    bool const unquoted =
        expected == "a string" && (node.kind == node_kind::integer ||
                                   node.kind == node_kind::real || node.kind == node_kind::boolean);
    in.problems.add(path, node,
                    "must be " + std::string{expected} + ", not " + describe(node) +
                        (unquoted ? "; put it in quotes" : ""));
}

void check_duplicates(reading in, document_path const& path, node_index index) {
    document_node const& node = in.source[index];
    if (node.kind == node_kind::list) {
        for_each_item(in.source, index, [&](std::size_t place, node_index item) {
            check_duplicates(in, document_path{path, place}, item);
        });
    }
    if (node.kind != node_kind::mapping) {
        return;
    }
    std::unordered_map<std::string_view, std::uint32_t> lines;
    for_each_member(in.source, index, [&](document_node const& key, node_index value) {
        document_path const member{path, key.text};
        auto const [first, is_new] = lines.try_emplace(key.text, key.line);
        if (!is_new) {
            in.problems.add(member, key,
                            "is given twice; the first is on line " +
                                std::to_string(first->second));
        }
        check_duplicates(in, member, value);
    });
}

} // namespace

std::string_view describe(node_kind kind) {
    switch (kind) {
    case node_kind::null:
        return "null";
    case node_kind::boolean:
        return "a boolean";
    case node_kind::integer:
    case node_kind::real:
        return "a number";
    case node_kind::string:
        return "a string";
    case node_kind::list:
        return "a list";
    case node_kind::mapping:
        return "a mapping";
    }
    return {};
}

std::optional<node_index> find_member(document const& source, node_index mapping,
                                      std::string_view key) {
    std::optional<node_index> found;
    for_each_member(source, mapping, [&](document_node const& node, node_index value) {
        if (!found && node.text == key) {
            found = value;
        }
    });
    return found;
}

void check_duplicate_keys(reading in) {
    check_duplicates(in, document_path{}, in.source.root());
}

mapping_reader::mapping_reader(reading in, document_path const& path, node_index mapping,
                               std::span<std::string_view const> keys)
    : in_{in},
      path_{path},
      mapping_{mapping},
      is_mapping_{in.source[mapping].kind == node_kind::mapping} {
    if (!is_mapping_) {
        report_kind(in, path, mapping, "a mapping");
        return;
    }
    for_each_member(in.source, mapping, [&](document_node const& key, node_index /*value*/) {
        if (std::ranges::find(keys, key.text) == keys.end()) {
            in.problems.add(document_path{path, key.text}, key,
                            "is an unknown key" + in.problems.suggestion(key.text, keys));
        }
    });
}

std::optional<node_index> mapping_reader::find(std::string_view key) const {
    return is_mapping_ ? find_member(in_.source, mapping_, key) : std::nullopt;
}

std::optional<node_index> mapping_reader::require(std::string_view key) const {
    auto const value = find(key);
    if (!value && is_mapping_) {
        in_.problems.add(document_path{path_, key}, in_.source[mapping_], "is required");
    }
    return value;
}

std::optional<std::string_view> read_string(reading in, document_path const& path,
                                            node_index node) {
    if (in.source[node].kind != node_kind::string) {
        report_kind(in, path, node, "a string");
        return std::nullopt;
    }
    return in.source[node].text;
}

std::optional<bool> read_boolean(reading in, document_path const& path, node_index node) {
    if (in.source[node].kind != node_kind::boolean) {
        report_kind(in, path, node, "true or false");
        return std::nullopt;
    }
    return std::get<bool>(in.source[node].value);
}

std::optional<std::int32_t> read_integer(reading in, document_path const& path, node_index node,
                                         std::int32_t least, std::int32_t most) {
    auto const read = read_int64(in, path, node, least, most);
    return read ? std::optional{static_cast<std::int32_t>(*read)} : std::nullopt;
}

std::optional<std::int64_t> read_int64(reading in, document_path const& path, node_index node,
                                       std::int64_t least, std::int64_t most) {
    auto const& given = in.source[node].value;
    auto const* const integer = std::get_if<std::int64_t>(&given);
    auto const* const real = std::get_if<double>(&given);
    bool const whole = real != nullptr && std::trunc(*real) == *real; // 2.0, as in JSON Schema
    if (in.source[node].kind != node_kind::integer && !whole) {
        report_kind(in, path, node, "a whole number");
        return std::nullopt;
    }
    bool const fits = integer != nullptr ? *integer >= least && *integer <= most
                                         : whole && *real >= static_cast<double>(least) &&
                                               *real <= static_cast<double>(most);
    if (!fits) {
        in.problems.add(path, in.source[node],
                        "must be from " + std::to_string(least) + " to " + std::to_string(most) +
                            ", not " + std::string{in.source[node].text});
        return std::nullopt;
    }
    return integer != nullptr ? *integer : static_cast<std::int64_t>(*real);
}

bool expect_list(reading in, document_path const& path, node_index node) {
    if (in.source[node].kind != node_kind::list) {
        report_kind(in, path, node, "a list");
        return false;
    }
    return true;
}

std::optional<std::string> read_free_mapping(reading in, document_path const& path,
                                             node_index node) {
    if (in.source[node].kind != node_kind::mapping) {
        report_kind(in, path, node, "a mapping");
        return std::nullopt;
    }
    return to_json(in.source, node);
}

} // namespace tasker::documents
