#include "schema_identifiers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tasker::json_schema {

namespace {

// Bound the memory: every identifier is kept with the base that it is relative to.
constexpr std::size_t max_identifiers = 10'000;
constexpr std::size_t longest_identifier = 2'048;

/// The length of "http:", or 0 for a relative reference.
std::size_t scheme_length(std::string_view uri) {
    auto const end = uri.find_first_of(":/?#");
    return end != std::string_view::npos && uri[end] == ':' ? end + 1 : 0;
}

/// "/a/./b/../c" becomes "/a/c" (RFC 3986, section 5.2.4).
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> parts;
    for (bool is_last = false; !is_last;) {
        auto const end = std::min(path.find('/'), path.size());
        is_last = end == path.size();
        auto const part = path.substr(0, end);
        bool const is_up = part == "..";
        if (is_up && parts.size() > 1) {
            parts.pop_back();
        }
        if (!is_up && part != ".") {
            parts.push_back(part);
        } else if (is_last) {
            parts.emplace_back();
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out.append(i == 0 ? "" : "/").append(parts[i]);
    }
    return out;
}

/// An absolute URI from a reference without a fragment (RFC 3986, section 5.2.2).
std::string resolve(std::string_view base, std::string_view reference) {
    if (reference.empty() || scheme_length(reference) > 0) {
        return std::string{reference.empty() ? base : reference};
    }
    base = base.substr(0, base.find('?'));
    auto path_at = scheme_length(base);
    if (reference.starts_with("//")) {
        return std::string{base.substr(0, path_at)}.append(reference);
    }
    bool const has_authority = base.substr(path_at).starts_with("//");
    if (has_authority) {
        path_at = std::min(base.find('/', path_at + 2), base.size());
    }
    std::string path;
    if (!reference.starts_with('/')) {
        auto const slash = base.substr(path_at).rfind('/');
        path = slash != std::string_view::npos ? base.substr(path_at, slash + 1)
               : has_authority                 ? std::string_view{"/"}
                                               : std::string_view{};
    }
    return std::string{base.substr(0, path_at)}.append(without_dots(path.append(reference)));
}

struct split_uri {
    std::string_view before;
    std::string_view fragment;
};

split_uri split(std::string_view uri) {
    auto const hash = std::min(uri.find('#'), uri.size());
    return {uri.substr(0, hash), uri.substr(std::min(hash + 1, uri.size()))};
}

/// Members whose values are no schemas, although they may look like one.
bool holds_values(std::string_view key) {
    return key == "const" || key == "default" || key == "enum" || key == "examples" ||
           key.starts_with("x-");
}

/// Members whose members are schemas; their keys are names and not keywords.
bool holds_named_schemas(std::string_view key) {
    return key == "$defs" || key == "definitions" || key == "dependencies" ||
           key == "patternProperties" || key == "properties";
}

std::optional<std::string_view> text_of(reading in, node_index mapping, std::string_view key) {
    auto const found = find_member(in.source, mapping, key);
    return found && in.source[*found].kind == node_kind::string
               ? std::optional{in.source[*found].text}
               : std::nullopt;
}

} // namespace

schema_identifiers::schema_identifiers(reading in, document_path const& path, node_index root) {
    schemas_.emplace("", place{root, path.to_string()});
    read(in, path, root, "");
    if (schemas_.size() > max_identifiers) {
        in.problems.add(path, in.source[root],
                        "has more than " + std::to_string(max_identifiers) + " $id");
    }
}

void schema_identifiers::read(reading in, document_path const& path, node_index node,
                              std::string const& base) {
    if (in.source[node].kind != node_kind::mapping) {
        read_children(in, path, node, base);
        return;
    }
    if (text_of(in, node, "$ref")) {
        // Draft 7 ignores an $id beside it.
        if (bases_.empty() || bases_.back() != base) {
            bases_.push_back(base);
        }
        base_of_[*find_member(in.source, node, "$ref")] = bases_.size() - 1;
        read_children(in, path, node, base);
        return;
    }
    auto const id = text_of(in, node, "$id");
    if (!id) {
        read_children(in, path, node, base);
        return;
    }
    auto const report = [&](std::string problem) {
        in.problems.add(document_path{path, "$id"}, in.source[*find_member(in.source, node, "$id")],
                        std::move(problem));
    };
    auto const [before, fragment] = split(*id);
    auto const own_base = resolve(base, before);
    if (own_base.size() + fragment.size() > longest_identifier) {
        report("is longer than " + std::to_string(longest_identifier) + " bytes");
        return;
    }
    if (schemas_.size() > max_identifiers) {
        return;
    }
    auto const name = own_base + (fragment.empty() ? "" : "#" + std::string{fragment});
    auto const [earlier, is_new] = schemas_.try_emplace(name, place{node, path.to_string()});
    if (!is_new && earlier->second.node != node) {
        report("is also the $id of " + earlier->second.path);
        return; // the rest would count for none of the two
    }
    read_children(in, path, node, own_base);
}

void schema_identifiers::read_children(reading in, document_path const& path, node_index node,
                                       std::string const& base) {
    if (in.source[node].kind == node_kind::list) {
        for_each_item(in.source, node, [&](std::size_t index, node_index item) {
            read(in, document_path{path, index}, item, base);
        });
    } else if (in.source[node].kind == node_kind::mapping) {
        for_each_member(in.source, node, [&](document_node const& key, node_index value) {
            document_path const key_path{path, key.text};
            if (holds_named_schemas(key.text) && in.source[value].kind == node_kind::mapping) {
                for_each_member(in.source, value, [&](document_node const& name, node_index part) {
                    read(in, document_path{key_path, name.text}, part, base);
                });
            } else if (!holds_values(key.text)) {
                read(in, key_path, value, base);
            }
        });
    }
}

schema_identifiers::target schema_identifiers::find(node_index node,
                                                    std::string_view reference) const {
    auto const [before, fragment] = split(reference);
    auto const base = base_of_.find(node);
    auto name = resolve(base == base_of_.end() ? "" : bases_[base->second], before);
    bool const has_name = !fragment.empty() && !fragment.starts_with('/');
    if (has_name) {
        name.append("#").append(fragment);
    }
    auto const found = schemas_.find(name);
    return {found == schemas_.end() ? nullptr : &found->second,
            has_name ? std::string_view{} : fragment};
}

} // namespace tasker::json_schema
