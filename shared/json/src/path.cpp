#include "tasker/json/path.hpp"

#include "tasker/base/utf8.hpp"
#include "tasker/json/text.hpp"

#include <algorithm>
#include <utility>

namespace tasker::json {

namespace {

constexpr std::size_t shown_bytes = 80;

bool is_plain(std::string_view key) {
    return !key.empty() && key.size() <= shown_bytes && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '$';
    });
}

} // namespace

std::string shown(std::string_view name) {
    std::string out;
    if (name.size() <= shown_bytes) {
        append_string(out, name);
        return out;
    }
    // Cut between characters, never inside one.
    std::size_t head = shown_bytes / 2;
    while (continues_character(name[head])) {
        --head;
    }
    std::size_t tail = name.size() - shown_bytes / 4;
    while (tail < name.size() && continues_character(name[tail])) {
        ++tail;
    }
    append_string(out, std::string{name.substr(0, head)} + "..." + std::string{name.substr(tail)});
    return out;
}

void append_key(std::string& path, std::string_view key) {
    if (!is_plain(key)) {
        path.append("[").append(shown(key)).append("]");
    } else {
        path.append(path.empty() ? "" : ".").append(key);
    }
}

std::string joined_path(std::string path, std::string_view below) {
    bool const needs_dot = !path.empty() && !below.empty() && !below.starts_with('[');
    return std::move(path.append(needs_dot ? "." : "").append(below));
}

void append_index(std::string& path, std::size_t index) {
    path.append("[").append(std::to_string(index)).append("]");
}

} // namespace tasker::json
