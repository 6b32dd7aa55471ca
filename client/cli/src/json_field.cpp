#include "json_field.hpp"

#include "tasker/json/pointer.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <utility>

namespace tasker::cli {

namespace {

constexpr std::size_t one_line_limit = 60;
constexpr std::size_t indent = 2;
constexpr std::size_t deepest =
    2 * json::max_result_nesting; ///< in a result, including its parents

bool is_json(std::string_view text) {
    return !json::find_problem(text, deepest, json::numbers::any);
}

void append_indented(std::string& out, json::walker& from, std::size_t level);

void begin_line(std::string& out, bool is_first, std::size_t level) {
    out.append(is_first ? "\n" : ",\n").append(level * indent, ' ');
}

void append_members(std::string& out, json::walker& from, std::size_t level) {
    bool is_empty = true;
    out += '{';
    from.object([&](std::string_view key) {
        begin_line(out, is_empty, level + 1);
        is_empty = false;
        json::append_string(out, key).append(": ");
        append_indented(out, from, level + 1);
    });
    if (!is_empty) {
        begin_line(out, true, level);
    }
    out += '}';
}

void append_items(std::string& out, json::walker& from, std::size_t level) {
    bool is_empty = true;
    out += '[';
    from.array([&](std::size_t) {
        begin_line(out, is_empty, level + 1);
        is_empty = false;
        append_indented(out, from, level + 1);
    });
    if (!is_empty) {
        begin_line(out, true, level);
    }
    out += ']';
}

void append_indented(std::string& out, json::walker& from, std::size_t level) {
    switch (from.kind()) {
    case json::value_kind::object:
        append_members(out, from, level);
        break;
    case json::value_kind::array:
        append_items(out, from, level);
        break;
    case json::value_kind::string:
        json::append_string(out, from.string()); // the letter reads better than "\u00e9"
        break;
    default:
        out += from.raw();
    }
}

} // namespace

result<std::string> json_field(std::string_view json, std::string const& pointer) {
    if (auto problem = json_pointer_problem(pointer); !problem.empty()) {
        return make_error(errc::invalid_argument, std::move(problem));
    }
    if (!is_json(json)) {
        return make_error(errc::internal, "the response is not JSON");
    }
    auto const part = json::find(json, pointer);
    if (!part) {
        return make_error(errc::not_found, "the response has no field " + pointer);
    }
    return json::to_plain_text(*part);
}

std::string json_pointer_problem(std::string const& pointer) {
    return json::is_pointer(pointer)
               ? std::string{}
               : '"' + pointer + "\" is not a JSON pointer such as /result/report";
}

std::string indented_json(std::string_view json) {
    if (json.size() <= one_line_limit || !is_json(json)) {
        return std::string{json};
    }
    std::string out;
    json::walker from{json};
    append_indented(out, from, 0);
    return out;
}

} // namespace tasker::cli
