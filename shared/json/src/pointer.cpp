#include "tasker/json/pointer.hpp"

#include "tasker/json/walker.hpp"

#include <algorithm>
#include <charconv>

namespace tasker::json {

namespace {

std::string unescape_part(std::string_view part) {
    std::string out;
    for (std::size_t at = 0; at < part.size(); ++at) {
        out += part[at] == '~' ? (part[++at] == '0' ? '~' : '/') : part[at];
    }
    return out;
}

std::optional<std::size_t> to_index(std::string_view part) {
    std::size_t index = 0;
    auto const* const end = part.data() + part.size();
    auto const [stopped, failure] = std::from_chars(part.data(), end, index);
    bool const has_leading_zero = part.size() > 1 && part.front() == '0';
    if (failure != std::errc{} || stopped != end || has_leading_zero) {
        return std::nullopt;
    }
    return index;
}

std::optional<std::string_view> find_member(std::string_view text, std::string_view name) {
    walker from{text};
    std::optional<std::string_view> found;
    from.object([&](std::string_view key) {
        bool const is_it = key == name;
        auto const value = from.raw();
        found = is_it ? value : found;
    });
    return found;
}

std::optional<std::string_view> find_item(std::string_view text, std::size_t position) {
    walker from{text};
    std::optional<std::string_view> found;
    from.array([&](std::size_t index) {
        auto const value = from.raw();
        found = index == position ? value : found;
    });
    return found;
}

std::optional<std::string_view> find_part(std::string_view text, std::string_view part) {
    switch (walker{text}.kind()) {
    case value_kind::object:
        return find_member(text, unescape_part(part));
    case value_kind::array:
        if (auto const index = to_index(part)) {
            return find_item(text, *index);
        }
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

} // namespace

bool is_pointer(std::string_view pointer) {
    if (!pointer.empty() && pointer.front() != '/') {
        return false;
    }
    for (auto at = pointer.find('~'); at != std::string_view::npos;
         at = pointer.find('~', at + 1)) {
        if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) {
            return false;
        }
    }
    return true;
}

std::optional<std::string_view> find(std::string_view text, std::string_view pointer) {
    std::optional<std::string_view> value = walker{text}.raw();
    while (value && !pointer.empty()) {
        pointer.remove_prefix(1);
        auto const end = std::min(pointer.find('/'), pointer.size());
        value = find_part(*value, pointer.substr(0, end));
        pointer.remove_prefix(end);
    }
    return value;
}

std::vector<std::string> parts_of_pointer(std::string_view pointer) {
    std::vector<std::string> parts;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        auto const end = std::min(pointer.find('/'), pointer.size());
        parts.push_back(unescape_part(pointer.substr(0, end)));
        pointer.remove_prefix(end);
    }
    return parts;
}

std::string to_plain_text(std::string_view value) {
    walker from{value};
    return from.kind() == value_kind::string ? from.string() : std::string{from.raw()};
}

} // namespace tasker::json
