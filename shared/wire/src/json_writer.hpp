#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/json_text.hpp"
#include "tasker/wire/page.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// Writes one JSON object, member by member, at the end of a string. Names are written as they are.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) {
        out_ += '{';
    }
    object_writer(object_writer const&) = delete;
    object_writer& operator=(object_writer const&) = delete;
    ~object_writer() {
        out_ += '}';
    }

    void text(std::string_view name, std::string_view value) {
        open(name);
        append_json_string(out_, value);
    }

    void text_or_null(std::string_view name, std::optional<std::string> const& value) {
        if (value) {
            text(name, *value);
        } else {
            json(name, "null");
        }
    }

    /// A value that needs no escaping: an id, a state.
    void plain(std::string_view name, std::string_view value) {
        open(name);
        out_ += '"';
        out_ += value;
        out_ += '"';
    }

    template <class Int>
    void number(std::string_view name, Int value) {
        open(name);
        fmt::format_to(std::back_inserter(out_), "{}", value);
    }

    void boolean(std::string_view name, bool value) {
        json(name, value ? "true" : "false");
    }

    void time(std::string_view name, timestamp value) {
        plain(name, to_rfc3339(value));
    }

    void time_or_null(std::string_view name, std::optional<timestamp> value) {
        if (value) {
            time(name, *value);
        } else {
            json(name, "null");
        }
    }

    /// A value that is JSON already.
    void json(std::string_view name, std::string_view value) {
        open(name);
        out_ += value;
    }

    void json_or_null(std::string_view name, std::optional<std::string> const& value) {
        json(name, value ? std::string_view(*value) : "null");
    }

    /// Opens a member whose value the caller appends.
    void open(std::string_view name) {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }

private:
    std::string& out_;
    bool first_ = true;
};

/// `[…]` of what `append_one(item)` appends for each item.
template <class Items, class AppendOne>
void append_array(std::string& out, Items const& items, AppendOne append_one) {
    out += '[';
    bool first = true;
    for (auto const& item : items) {
        if (!first) {
            out += ',';
        }
        first = false;
        append_one(item);
    }
    out += ']';
}

/// `{"<list>":[…],"next_cursor":…}`
template <class Item>
void append_page(std::string& out, std::string_view list, page<Item> const& items) {
    object_writer object(out);
    object.open(list);
    append_array(out, items.items, [&](Item const& item) { append(out, item); });
    object.text_or_null("next_cursor", items.next_cursor);
}

} // namespace tasker::wire
