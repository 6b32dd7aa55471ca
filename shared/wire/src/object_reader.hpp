#pragma once

#include "tasker/json/syntax.hpp"
#include "tasker/json/walker.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/json/text.hpp"
#include "tasker/wire/page.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Reads bodies of a server of this project, possibly a newer one: unknown fields are skipped,
/// known fields must be valid.

namespace tasker::wire {

/// Thrown inside this room if a body is not as expected.
struct unexpected_json {
    std::string problem; ///< "tasks[3].state must be a string, not null"
};

/// The value of one field. Consume it.
class field_value {
public:
    field_value(json::walker& from, std::string const& path, std::string_view name)
        : from_{from},
          path_{path},
          name_{name} {}

    std::string text() const;
    std::string json() const;
    bool boolean() const;
    timestamp moment() const;
    task_id id() const;

    template <std::integral Number>
    Number number() const {
        expect(json::value_kind::number);
        std::string_view const raw = from_.raw();
        Number out{};
        auto const [end, failure] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
        if (failure != std::errc{} || end != raw.data() + raw.size()) {
            refuse("must be a whole number in range");
        }
        return out;
    }

    /// A number with or without a fraction.
    double real() const;

    std::optional<std::string> optional_text() const;
    std::optional<std::string> optional_json() const;
    std::optional<timestamp> optional_moment() const;
    std::optional<task_id> optional_id() const;

    /// Reads a string that `parse` turns into an optional value.
    template <class Parse>
    auto parsed(Parse parse) const {
        auto const out = parse(std::string_view{text()});
        if (!out) {
            refuse("has an unknown value");
        }
        return *out;
    }

    std::vector<std::string> texts() const;

    /// The JSON of an object of strings.
    std::string texts_by_name() const;
    /// The same of whole numbers.
    std::string numbers_by_name() const;

    json::walker& walker() const noexcept {
        return from_;
    }

    void expect(json::value_kind kind) const;
    [[noreturn]] void refuse(std::string const& problem) const;
    std::string path() const;

private:
    bool takes_null() const;

    json::walker& from_;
    std::string const& path_;
    std::string_view name_;
};

enum class presence : std::uint8_t { required, optional };

template <class Object>
struct field_rule {
    std::string_view name;
    presence needed;
    void (*read)(field_value const& value, Object& out);
};

/// Reads the next object by its rules. Throws unexpected_json.
template <class Object>
Object read_object(json::walker& from, std::string const& path,
                   std::span<field_rule<Object> const> rules) {
    field_value{from, path, {}}.expect(json::value_kind::object);
    Object out;
    std::size_t seen = 0;
    from.object([&](std::string_view key) {
        for (std::size_t i = 0; i < rules.size(); ++i) {
            if (rules[i].name == key) {
                seen |= std::size_t{1} << i;
                rules[i].read(field_value{from, path, key}, out);
                return;
            }
        }
        from.raw();
    });
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].needed == presence::required && (seen >> i & 1U) == 0) {
            field_value{from, path, rules[i].name}.refuse("is missing");
        }
    }
    return out;
}

/// Reads an array of objects by their rules. Throws unexpected_json.
template <class Object>
std::vector<Object> read_objects(field_value const& array,
                                 std::span<field_rule<Object> const> rules) {
    array.expect(json::value_kind::array);
    std::string const path = array.path();
    std::vector<Object> out;
    array.walker().array([&](std::size_t index) {
        out.push_back(
            read_object<Object>(array.walker(), path + "[" + std::to_string(index) + "]", rules));
    });
    return out;
}

/// A result of the deepest level, in a task, in a page.
inline constexpr std::size_t deepest_answer = json::max_result_nesting + 8;

/// Checks that the text is JSON, then calls `read(walker)`; its exceptions become errors.
template <class Read>
auto read_body(std::string_view text, Read read)
    -> result<decltype(read(std::declval<json::walker&>()))> {
    if (auto const found = json::find_problem(text, deepest_answer, json::numbers::any)) {
        return make_error(errc::invalid_argument, json::to_sentence(*found, "the answer"));
    }
    try {
        json::walker from{text};
        return read(from);
    } catch (unexpected_json const& failure) {
        return make_error(errc::invalid_argument, "unexpected response: " + failure.problem);
    }
}

/// The whole body is one object.
template <class Object>
result<Object> read_view(std::string_view json, std::span<field_rule<Object> const> rules) {
    return read_body(
        json, [&](json::walker& from) { return read_object<Object>(from, std::string{}, rules); });
}

/// `{"<name>":[…],"next_cursor":…}`
template <class Item>
result<page<Item>> read_page(std::string_view json, std::string_view name,
                             std::span<field_rule<Item> const> rules) {
    return read_body(json, [&](json::walker& from) {
        std::string const root;
        field_value{from, root, {}}.expect(json::value_kind::object);
        page<Item> out;
        bool found = false;
        from.object([&](std::string_view key) {
            field_value const value{from, root, key};
            if (key == name) {
                out.items = read_objects<Item>(value, rules);
                found = true;
            } else if (key == "next_cursor") {
                out.next_cursor = value.optional_text();
            } else {
                from.raw();
            }
        });
        if (!found) {
            field_value{from, root, name}.refuse("is missing");
        }
        return out;
    });
}

} // namespace tasker::wire
