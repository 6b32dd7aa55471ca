#pragma once

#include "tasker/base/time.hpp"
#include "tasker/json/text.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::json {

/// Writes an object to the end of a string, from its construction to its destruction.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_{out} {
        out_ += '{';
    }

    object_writer(object_writer const&) = delete;
    object_writer& operator=(object_writer const&) = delete;

    ~object_writer() {
        out_ += '}';
    }

    /// Writes the name of the next member; write its value to the result.
    std::string& key(std::string_view name) {
        out_.append(first_ ? "\"" : ",\"").append(name).append("\":");
        first_ = false;
        return out_;
    }

    void text(std::string_view name, std::string_view value) {
        append_string(key(name), value);
    }

    void json(std::string_view name, std::string_view value) {
        key(name).append(value);
    }

    /// Several members: `"a":1,"b":2`.
    void members(std::string_view text) {
        out_.append(first_ ? "" : ",").append(text);
        first_ = false;
    }

    void number(std::string_view name, std::integral auto value) {
        key(name).append(std::to_string(value));
    }

    void boolean(std::string_view name, bool value) {
        key(name).append(value ? "true" : "false");
    }

    void moment(std::string_view name, timestamp value) {
        // Nothing to escape.
        key(name).append(1, '"').append(to_rfc3339(value)).append(1, '"');
    }

    void text_or_null(std::string_view name, std::optional<std::string> const& value) {
        value ? text(name, *value) : null(name);
    }

    void json_or_null(std::string_view name, std::optional<std::string> const& value) {
        value ? json(name, *value) : null(name);
    }

    void moment_or_null(std::string_view name, std::optional<timestamp> value) {
        value ? moment(name, *value) : null(name);
    }

    void null(std::string_view name) {
        key(name).append("null");
    }

private:
    std::string& out_;
    bool first_ = true;
};

/// `[…]`; `write(out, item)` writes an item.
template <class Range, class Write>
void append_array(std::string& out, Range const& items, Write write) {
    out += '[';
    char const* separator = "";
    for (auto const& item : items) {
        write(out.append(separator), item);
        separator = ",";
    }
    out += ']';
}

/// `[…]` of items that have an append function.
template <class Range>
void append_array(std::string& out, Range const& items) {
    append_array(out, items, [](std::string& to, auto const& item) { append(to, item); });
}

} // namespace tasker::json
