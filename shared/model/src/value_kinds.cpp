#include "value_kinds.hpp"

#include "tasker/json/path.hpp"
#include "tasker/json/placeholders.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/json_schema/check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <system_error>

namespace tasker::model {

namespace {

constexpr std::int64_t ms_in_a_second = 1'000;

/// Seconds with as many decimals as needed: "30", "1.5", "0.001".
std::string to_seconds(std::chrono::milliseconds time) {
    std::string out = std::to_string(time.count() / ms_in_a_second);
    if (auto const rest = time.count() % ms_in_a_second; rest != 0) {
        std::string decimals = std::to_string(ms_in_a_second + rest);
        decimals.front() = '.';
        decimals.resize(decimals.find_last_not_of('0') + 1);
        out += decimals;
    }
    return out;
}

std::string in_a_sentence(std::span<std::string_view const> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        out.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
    }
    return out;
}

bool is_object(std::string_view value) {
    return json::walker{value}.kind() == json::value_kind::object;
}

/// The members of both objects. If both have a member, that of `from` is used, and objects are
/// merged. Values stay unchanged.
std::string merged(std::string_view onto, std::string_view from) {
    std::map<std::string, std::string> members;
    json::walker base{onto};
    base.object([&](std::string_view key) { members.emplace(key, base.raw()); });
    json::walker change{from};
    change.object([&](std::string_view key) {
        auto const value = change.raw();
        auto& member = members[std::string{key}];
        bool const both = !member.empty() && is_object(member) && is_object(value);
        member = both ? merged(member, value) : std::string{value};
    });
    std::string out = "{";
    for (auto const& [key, value] : members) {
        json::append_string(out.append(out.size() == 1 ? "" : ","), key).append(":").append(value);
    }
    return out.append("}");
}

} // namespace

std::optional<bool> boolean_kind::read(reading in, document_path const& path, node_index node) {
    return read_boolean(in, path, node);
}

void boolean_kind::write(std::string& out, bool value) {
    out += value ? "true" : "false";
}

void boolean_kind::write_column(std::string& out, bool value) {
    write(out, value);
}

void boolean_kind::describe(json::object_writer& schema) {
    schema.text("type", "boolean");
}

std::optional<std::int32_t> integer_kind::read(reading in, document_path const& path,
                                               node_index node) const {
    return read_integer(in, path, node, least, most);
}

void integer_kind::write(std::string& out, std::int32_t value) {
    out += std::to_string(value);
}

void integer_kind::write_column(std::string& out, std::int32_t value) {
    write(out, value);
}

void integer_kind::describe(json::object_writer& schema) const {
    schema.text("type", "integer");
    schema.number("minimum", least);
    schema.number("maximum", most);
}

std::optional<std::chrono::milliseconds> seconds_kind::read(reading in, document_path const& path,
                                                            node_index index) const {
    document_node const& node = in.source[index];
    long double seconds = 0;
    if (auto const* const whole = std::get_if<std::int64_t>(&node.value)) {
        seconds = static_cast<long double>(*whole);
    } else if (auto const* const real = std::get_if<double>(&node.value)) {
        seconds = *real;
    } else if (node.kind == node_kind::integer) {
        seconds = HUGE_VALL;
    } else {
        in.problems.add(path, node,
                        "must be a number, not " + std::string{documents::describe(node.kind)});
        return std::nullopt;
    }
    long double const ms = seconds * ms_in_a_second;
    long double const rounded = std::round(ms);
    if (!(rounded >= 1 && rounded <= static_cast<long double>(most.count()))) {
        in.problems.add(path, node,
                        "must be from 0.001 to " + to_seconds(most) + " seconds, not " +
                            std::string{node.text});
        return std::nullopt;
    }
    if (std::abs(ms - rounded) > 1e-6L) {
        in.problems.add(path, node, "must have at most three decimals");
        return std::nullopt;
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(rounded)};
}

void seconds_kind::write(std::string& out, std::chrono::milliseconds value) {
    out += to_seconds(value);
}

void seconds_kind::write_column(std::string& out, std::chrono::milliseconds value) {
    out += std::to_string(value.count());
}

void seconds_kind::describe(json::object_writer& schema) const {
    schema.text("type", "number");
    schema.json("minimum", "0.001");
    schema.json("maximum", to_seconds(most));
}

std::optional<std::string> share_kind::read(reading in, document_path const& path,
                                            node_index index) const {
    document_node const& node = in.source[index];
    if (node.kind != node_kind::string) {
        auto const number = read_integer(in, path, index, 0, most);
        return number ? std::optional{std::to_string(*number)} : std::nullopt;
    }
    std::uint32_t percent = 0;
    auto const digits = node.text.substr(0, node.text.size() - node.text.ends_with('%'));
    auto const [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), percent);
    if (error != std::errc{} || end != digits.data() + digits.size() ||
        digits.size() == node.text.size() || percent > 100) {
        in.problems.add(path, node,
                        "must be a number or a percentage such as \"10%\", not " +
                            shown(node.text));
        return std::nullopt;
    }
    return std::to_string(percent) + '%';
}

void share_kind::write(std::string& out, std::string_view value) {
    if (value.ends_with('%')) {
        json::append_string(out, value);
    } else {
        out += value;
    }
}

void share_kind::describe(json::object_writer& schema) const {
    schema.json("type", R"(["integer","string"])");
    schema.number("minimum", 0);
    schema.number("maximum", most);
    schema.text("pattern", "^(100|[1-9]?[0-9])%$");
}

std::optional<std::string> text_kind::read(reading in, document_path const& path,
                                           node_index node) const {
    auto const text = read_string(in, path, node);
    if (!text) {
        return std::nullopt;
    }
    if (auto problem = problem_of == nullptr ? std::nullopt : problem_of(*text)) {
        in.problems.add(path, in.source[node], std::move(*problem));
    }
    return std::string{*text};
}

void text_kind::write(std::string& out, std::string_view value) {
    json::append_string(out, value);
}

void text_kind::write_column(std::string& out, std::string_view value) {
    write(out, value);
}

void text_kind::describe(json::object_writer& schema) const {
    schema.text("type", "string");
    if (!pattern.empty()) {
        schema.text("pattern", pattern);
    }
}

std::optional<std::string> version_kind::read(reading in, document_path const& path,
                                              node_index index) const {
    document_node const& node = in.source[index];
    if (node.kind == node_kind::real || node.kind == node_kind::integer) {
        in.problems.add(path, node,
                        "must be three numbers such as 1.0.0, not the number " +
                            std::string{node.text.substr(0, 40)});
        return std::nullopt;
    }
    return text_kind::read(in, path, index);
}

std::optional<std::size_t> word_kind::read_index(reading in, document_path const& path,
                                                 node_index node) const {
    auto const text = read_string(in, path, node);
    if (!text) {
        return std::nullopt;
    }
    auto const found = std::ranges::find(words, *text);
    if (found == words.end()) {
        in.problems.add(path, in.source[node],
                        "must be " + in_a_sentence(words) + ", not " + shown(*text) +
                            in.problems.suggestion(*text, words));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - words.begin());
}

void word_kind::describe(json::object_writer& schema) const {
    schema.text("type", "string");
    json::append_array(schema.key("enum"), words, json::append_string);
}

std::optional<std::vector<std::string>> texts_kind::read(reading in, document_path const& path,
                                                         node_index node) const {
    if (!expect_list(in, path, node)) {
        return std::nullopt;
    }
    std::size_t const count = in.source[node].children;
    if (count == 0 || count > most) {
        in.problems.add(path, in.source[node],
                        "must have 1 to " + std::to_string(most) + " texts, not " +
                            std::to_string(count));
        return std::nullopt;
    }
    std::vector<std::string> out;
    out.reserve(count);
    for_each_item(in.source, node, [&](std::size_t index, node_index item) {
        document_path const item_path{path, index};
        auto const text = read_string(in, item_path, item);
        if (text && text->empty()) {
            in.problems.add(item_path, in.source[item], "must not be empty");
        }
        out.emplace_back(text.value_or(""));
    });
    return out;
}

void texts_kind::write(std::string& out, std::vector<std::string> const& value) {
    json::append_array(out, value, json::append_string);
}

void texts_kind::write_column(std::string& out, std::vector<std::string> const& value) {
    write(out, value);
}

void texts_kind::describe(json::object_writer& schema) const {
    schema.text("type", "array");
    schema.number("minItems", 1);
    schema.number("maxItems", most);
    schema.json("items", R"({"type":"string","minLength":1})");
}

std::optional<std::string> mapping_kind::read(reading in, document_path const& path,
                                              node_index node) {
    return read_free_mapping(in, path, node);
}

void mapping_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void mapping_kind::write_column(std::string& out, std::string_view value) {
    write(out, value);
}

void mapping_kind::merge(std::string& onto, std::string const& from) {
    onto = onto == "{}" ? from : merged(onto, from);
}

void mapping_kind::describe(json::object_writer& schema) {
    schema.text("type", "object");
}

std::optional<std::string> placeholders_kind::read(reading in, document_path const& path,
                                                   node_index node) const {
    auto mapping = mapping_kind::read(in, path, node);
    if (!mapping) {
        return std::nullopt;
    }
    try {
        for (auto const& piece : json::split_json(*mapping)) {
            if (piece.then && std::ranges::find(sources, piece.then->source) == sources.end()) {
                throw json::placeholder_error{shown(piece.then->text) + " must begin with " +
                                                  in_a_sentence(sources),
                                              piece.then->path};
            }
        }
    } catch (json::placeholder_error const& problem) {
        in.problems.add(json::joined_path(path.to_string(), problem.path),
                        static_cast<int>(in.source[node].line), problem.what());
    }
    return mapping;
}

void placeholders_kind::merge(std::string& onto, std::string const& from) {
    onto = from;
}

std::optional<std::string> schema_kind::read(reading in, document_path const& path,
                                             node_index node) {
    auto text = to_json(in.source, node);
    documents::problem_list expanded;
    json_schema::check_schema(in, path, node);
    if (in.problems.empty()) {
        // In YAML an alias is the same node again, in the stored text another one.
        auto const stored = documents::read_json(text);
        json_schema::check_schema({stored, expanded}, document_path{}, stored.root());
    }
    for (auto const& each : std::move(expanded).finish()) {
        in.problems.add(path, in.source[node],
                        "with its aliases written out: " + each.path +
                            (each.path.empty() ? "" : " ") + each.problem);
    }
    return text;
}

void schema_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void schema_kind::describe(json::object_writer& schema) {
    schema.json("type", R"(["object","boolean"])");
}

std::optional<std::string> json_kind::read(reading in, document_path const& /*path*/,
                                           node_index node) {
    return to_json(in.source, node);
}

void json_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void json_kind::describe(json::object_writer& /*schema*/) {}

std::optional<std::string> form_kind::read(reading in, document_path const& path, node_index node) {
    static constexpr std::array<std::string_view, 2> keys{"title", "description"};
    mapping_reader const form{in, path, node, keys};
    auto const title = form.require("title");
    auto const description = form.find("description");
    if (title) {
        read_string(in, document_path{path, "title"}, *title);
    }
    if (description) {
        read_string(in, document_path{path, "description"}, *description);
    }
    return to_json(in.source, node);
}

void form_kind::write(std::string& out, std::string_view value) {
    out += value;
}

void form_kind::describe(json::object_writer& schema) {
    schema.text("type", "object");
    schema.boolean("additionalProperties", false);
    schema.json("required", R"(["title"])");
    schema.json("properties",
                R"({"title":{"type":"string","description":"the heading of an approval"},
        "description":{"type":"string","description":"what the person should know"}})");
}

} // namespace tasker::model
