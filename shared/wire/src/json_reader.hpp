#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/page.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::wire {

/// Thrown by json_reader, caught by read_document.
struct unreadable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads the members of a JSON object whose shape is known. A member that is missing or of another
/// type throws `unreadable`, which names its path.
class json_reader {
public:
    json_reader(nlohmann::json const& value, std::string path)
        : value_(value),
          path_(std::move(path)) {
        require(value.is_object(), path_, "an object");
    }

    std::string text(char const* name) const {
        auto const& found = find(name);
        require(found.is_string(), path_of(name), "a string");
        return found.get<std::string>();
    }

    std::optional<std::string> optional_text(char const* name) const {
        return is_absent(name) ? std::nullopt : std::optional(text(name));
    }

    template <class Int>
    Int integer(char const* name) const {
        auto const& found = find(name);
        require(found.is_number_integer(), path_of(name), "a whole number");
        auto const number = found.get<std::int64_t>();
        require(std::in_range<Int>(number), path_of(name), "a smaller number");
        return static_cast<Int>(number);
    }

    bool boolean(char const* name) const {
        auto const& found = find(name);
        require(found.is_boolean(), path_of(name), "true or false");
        return found.get<bool>();
    }

    timestamp time(char const* name) const {
        auto const parsed = parse_rfc3339(text(name));
        require(parsed.has_value(), path_of(name), "an RFC 3339 time");
        return *parsed;
    }

    std::optional<timestamp> optional_time(char const* name) const {
        return is_absent(name) ? std::nullopt : std::optional(time(name));
    }

    /// Any value, as JSON text.
    std::string json(char const* name) const {
        return find(name).dump();
    }

    std::optional<std::string> optional_json(char const* name) const {
        return is_absent(name) ? std::nullopt : std::optional(json(name));
    }

    /// A present member, also when it is null, as JSON text.
    std::optional<std::string> present_json(char const* name) const {
        return value_.contains(name) ? std::optional(json(name)) : std::nullopt;
    }

    /// What `parse` makes of a string; `expected` says what that must be.
    template <class Parse>
    auto parsed(char const* name, Parse parse, char const* expected) const {
        auto const value = parse(text(name));
        require(value.has_value(), path_of(name), expected);
        return *value;
    }

    json_reader member(char const* name) const {
        return {find(name), path_of(name)};
    }

    template <class Use>
    void each(char const* name, Use use) const {
        auto const& found = find(name);
        require(found.is_array(), path_of(name), "an array");
        for (std::size_t i = 0; i < found.size(); ++i) {
            use(json_reader(found[i], fmt::format("{}[{}]", path_of(name), i)));
        }
    }

    static void require(bool met, std::string const& path, std::string_view expected) {
        if (!met) {
            throw unreadable(
                fmt::format("{}: must be {}", path.empty() ? "the document" : path, expected));
        }
    }

    std::string path_of(char const* name) const {
        return path_.empty() ? name : path_ + "." + name;
    }

private:
    bool is_absent(char const* name) const {
        auto const found = value_.find(name);
        return found == value_.end() || found->is_null();
    }

    nlohmann::json const& find(char const* name) const {
        auto const found = value_.find(name);
        if (found == value_.end()) {
            throw unreadable(fmt::format("{}: is missing", path_of(name)));
        }
        return *found;
    }

    nlohmann::json const& value_;
    std::string path_;
};

/// What `read` makes of the document. Errors: errc::invalid_argument, with the path.
template <class T, class Read>
result<T> read_document(std::string_view json, Read read) {
    auto const document = nlohmann::json::parse(json, nullptr, false);
    if (document.is_discarded()) {
        return make_error(errc::invalid_argument, "is not valid JSON");
    }
    try {
        return read(json_reader(document, ""));
    } catch (unreadable const& problem) {
        return make_error(errc::invalid_argument, problem.what());
    }
}

/// `{"<list>":[…],"next_cursor":…}`
template <class T, class Read>
result<page<T>> read_page(std::string_view json, char const* list, Read read) {
    return read_document<page<T>>(json, [&](json_reader const& document) {
        page<T> items;
        document.each(list, [&](json_reader const& item) { items.items.push_back(read(item)); });
        items.next_cursor = document.optional_text("next_cursor");
        return items;
    });
}

} // namespace tasker::wire
