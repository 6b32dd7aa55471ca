#include "builtin/placeholders.hpp"

#include "tasker/worker/step_result.hpp"

#include <algorithm>
#include <cctype>

namespace tasker::worker {

namespace {

constexpr std::string_view opening = "${";

[[noreturn]] void refuse(std::string_view placeholder, std::string const& problem) {
    throw permanent_failure{"\"" + std::string{placeholder} + "\" " + problem,
                            "invalid_placeholder"};
}

/// The placeholder that the text begins with, braces included.
std::string_view placeholder_at(std::string_view text) {
    auto const end = text.find('}');
    if (end == std::string_view::npos) {
        refuse(text, "has no closing brace");
    }
    return text.substr(0, end + 1);
}

nlohmann::json const& look_up(step_context const& step, std::string_view placeholder) {
    auto const path = placeholder.substr(opening.size(), placeholder.size() - opening.size() - 1);
    auto const slash = std::min(path.find('/'), path.size());
    auto const source = path.substr(0, slash);
    if (source != "context" && source != "parents") {
        refuse(placeholder, "must begin with context or parents");
    }
    try {
        nlohmann::json::json_pointer const pointer{std::string{path.substr(slash)}};
        return (source == "context" ? step.context() : step.parents()).at(pointer);
    } catch (nlohmann::json::exception const& missing) {
        refuse(placeholder, std::string{"finds nothing: "} + missing.what());
    }
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (char const each : text) {
        auto const byte = static_cast<unsigned char>(each);
        if (std::isalnum(byte) != 0 || std::string_view{"-._~"}.find(each) != std::string::npos) {
            out += each;
        } else {
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
        }
    }
    return out;
}

} // namespace

std::string fill_text(step_context const& step, std::string_view with_placeholders, embedding how) {
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
        auto const& found = look_up(step, placeholder);
        auto const text = found.is_string() ? found.get<std::string>() : found.dump();
        out += how == embedding::url ? percent_encode(text) : text;
        rest.remove_prefix(placeholder.size());
    }
    out += rest;
    return out;
}

nlohmann::json fill_json(step_context const& step, nlohmann::json const& with_placeholders) {
    if (with_placeholders.is_string()) {
        auto const& text = with_placeholders.get_ref<std::string const&>();
        if (text.starts_with(opening) && placeholder_at(text).size() == text.size()) {
            return look_up(step, text);
        }
        return fill_text(step, text, embedding::text);
    }
    auto out = with_placeholders;
    if (out.is_structured()) {
        for (auto& each : out) {
            each = fill_json(step, each);
        }
    }
    return out;
}

} // namespace tasker::worker
