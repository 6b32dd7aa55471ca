#include "builtin/placeholders.hpp"

#include "tasker/base/percent.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/worker/step_result.hpp"

#include <algorithm>

namespace tasker::worker {

namespace {

constexpr std::string_view opening = "${";

[[noreturn]] void refuse(std::string_view placeholder, std::string const& problem) {
    throw permanent_failure{"\"" + std::string{placeholder} + "\" " + problem,
                            "invalid_placeholder"};
}

/// The placeholder at the start of the text, including its braces.
std::string_view placeholder_at(std::string_view text) {
    auto const end = text.find('}');
    if (end == std::string_view::npos) {
        refuse(text, "has no closing brace");
    }
    return text.substr(0, end + 1);
}

/// The value's text, unchanged from the context or a parent's result.
std::string_view look_up(step_context const& step, std::string_view placeholder) {
    auto const path = placeholder.substr(opening.size(), placeholder.size() - opening.size() - 1);
    auto const slash = std::min(path.find('/'), path.size());
    auto const source = path.substr(0, slash);
    if (source != "context" && source != "parents") {
        refuse(placeholder, "must begin with context or parents");
    }
    auto const pointer = path.substr(slash);
    if (!json::is_pointer(pointer)) {
        refuse(placeholder, "is not a JSON pointer: write ~0 for ~ and ~1 for / in a name");
    }
    auto const found =
        json::find(source == "context" ? step.context_text() : step.parents_text(), pointer);
    if (!found) {
        refuse(placeholder, "has no value");
    }
    return *found;
}

void append_filled(std::string& out, step_context const& step, json::walker& from);

void append_filled_string(std::string& out, step_context const& step, json::walker& from) {
    auto const text = from.string();
    if (text.starts_with(opening) && placeholder_at(text).size() == text.size()) {
        out += look_up(step, text);
    } else {
        json::append_string(out, fill_text(step, text, embedding::text));
    }
}

void append_filled_object(std::string& out, step_context const& step, json::walker& from) {
    out += '{';
    char const* separator = "";
    from.object([&](std::string_view key) {
        json::append_string(out.append(separator), key).append(1, ':');
        append_filled(out, step, from);
        separator = ",";
    });
    out += '}';
}

void append_filled(std::string& out, step_context const& step, json::walker& from) {
    switch (from.kind()) {
    case json::value_kind::string:
        append_filled_string(out, step, from);
        break;
    case json::value_kind::object:
        append_filled_object(out, step, from);
        break;
    case json::value_kind::array:
        out += '[';
        from.array([&](std::size_t index) {
            out.append(index == 0 ? "" : ",");
            append_filled(out, step, from);
        });
        out += ']';
        break;
    default:
        out += from.raw();
    }
}

} // namespace

std::string fill_text(step_context const& step, std::string_view with_placeholders,
                      embedding embedding) {
    std::string out;
    auto rest = with_placeholders;
    for (auto at = rest.find(opening); at != std::string_view::npos; at = rest.find(opening)) {
        auto const is_escaped = at > 0 && rest[at - 1] == '$';
        out += rest.substr(0, is_escaped ? at - 1 : at);
        rest.remove_prefix(at);
        if (is_escaped) {
            out += opening;
            rest.remove_prefix(opening.size());
            continue;
        }
        auto const placeholder = placeholder_at(rest);
        auto const text = json::to_plain_text(look_up(step, placeholder));
        out += embedding == embedding::url ? percent_encode(text) : text;
        rest.remove_prefix(placeholder.size());
    }
    out += rest;
    return out;
}

std::string fill_json(step_context const& step, std::string_view with_placeholders) {
    std::string out;
    json::walker from{with_placeholders};
    append_filled(out, step, from);
    return out;
}

} // namespace tasker::worker
