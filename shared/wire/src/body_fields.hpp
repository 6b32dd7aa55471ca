#pragma once

#include "body_problems.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/json/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Reads the fields of a request's body.

namespace tasker::wire {

/// Reads an object with these fields, none of them twice. `read(key)` consumes the value of a
/// field.
template <std::size_t N, class Read>
void read_fields(json::walker& from, std::array<std::string_view, N> const& names,
                 detail_list& problems, Read read) {
    if (from.kind() != json::value_kind::object) {
        problems.add({}, "must be an object, not " + std::string{json::describe(from.kind())});
        return;
    }
    std::array<bool, N> given{};
    from.object([&](std::string_view key) {
        auto const found = std::ranges::find(names, key);
        auto const place = static_cast<std::size_t>(found - names.begin());
        if (found == names.end() || given.at(place)) {
            problems.add(shown(key),
                         found == names.end() ? unknown_field(key, names) : "is given twice");
            from.raw();
            return;
        }
        given.at(place) = true;
        read(key);
    });
}

/// Reads a body that may be empty. `read(from, key, out, problems)` consumes the value of a field.
template <class Body, std::size_t N, class Read>
body_result<Body> read_optional_body(std::string_view body,
                                     std::array<std::string_view, N> const& names, Read read) {
    body = json::without_bom(body);
    Body out;
    if (body.empty()) {
        return out;
    }
    if (auto refused = refuse_syntax(body)) {
        return std::move(*refused);
    }
    json::walker from{body};
    detail_list problems;
    read_fields(from, names, problems,
                [&](std::string_view key) { read(from, key, out, problems); });
    if (!problems.empty()) {
        return std::move(problems).finish();
    }
    return out;
}

/// Reads a text that `rule` may refuse.
inline std::optional<std::string> read_text(json::walker& from, std::string_view key,
                                            std::optional<std::string> (*rule)(std::string_view),
                                            detail_list& problems) {
    if (from.kind() != json::value_kind::string) {
        problems.add(std::string{key},
                     "must be a string, not " + std::string{json::describe(from.kind())});
        from.raw();
        return std::nullopt;
    }
    auto text = from.string();
    if (auto problem = rule(text)) {
        problems.add(std::string{key}, std::move(*problem));
    }
    return text;
}

/// A JSON number that is 1, 2, 3 or 4; none for others.
inline std::optional<std::int16_t> to_priority(std::string_view number) {
    double value = 0; // 3.0 is an integer in JSON Schema
    auto const [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), value);
    bool const is_level = value == 1 || value == 2 || value == 3 || value == 4;
    return failure == std::errc{} && end == number.data() + number.size() && is_level
               ? std::optional{static_cast<std::int16_t>(value)}
               : std::nullopt;
}

/// Reads `reason` or `by` of the body of an action.
template <class Request>
void read_author(json::walker& from, std::string_view key, Request& out, detail_list& problems) {
    if (key == "reason") {
        out.reason = read_text(from, key, reason_problem, problems);
    } else {
        out.by = read_text(from, key, sender_problem, problems);
    }
}

/// Writes `reason` and `by`, if they are given.
template <class Request>
void append_author(json::object_writer& writer, Request const& request) {
    if (request.reason) {
        writer.text("reason", *request.reason);
    }
    if (request.by) {
        writer.text("by", *request.by);
    }
}

/// False if it is none.
inline bool read_boolean(json::walker& from, std::string_view key, detail_list& problems) {
    if (from.kind() != json::value_kind::boolean) {
        problems.add(std::string{key},
                     "must be true or false, not " + std::string{json::describe(from.kind())});
        from.raw();
        return false;
    }
    return from.raw() == "true";
}

} // namespace tasker::wire
