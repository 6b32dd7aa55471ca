#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/http/percent.hpp"
#include "tasker/wire/error_body.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::orchestration::api {

/// Reads the values of a request's query. The server has checked the names (http::route::query).
/// Lifetime: the parameters must outlive it.
class query_reader {
public:
    explicit query_reader(http::query_parameters const& given);

    std::optional<std::string> text(std::string_view name);

    /// A text that is valid for the functions of model/names.hpp.
    std::optional<std::string> checked(std::string_view name,
                                       std::optional<std::string> problem_of(std::string_view));

    /// All values of a parameter that may be repeated, each as `parse` (text -> optional) reads it.
    template <class Parse>
    auto all_parsed(std::string_view name, Parse parse, std::string_view expected) {
        std::vector<typename decltype(parse(std::string_view{}))::value_type> values;
        for (auto const& [each, text] : given_) {
            if (each != name) {
                continue;
            }
            if (auto value = parse(text)) {
                values.push_back(std::move(*value));
            } else {
                refuse(name, expected);
            }
        }
        return values;
    }

    std::optional<timestamp> time(std::string_view name);

    /// "true" or "false".
    std::optional<bool> boolean(std::string_view name);

    /// From `lowest` to `highest`.
    std::optional<std::int32_t> integer(std::string_view name, std::int32_t lowest,
                                        std::int32_t highest);

    /// A decimal number of seconds from 0 to `longest`, as JSON writes it.
    std::optional<std::chrono::milliseconds> seconds(std::string_view name,
                                                     std::chrono::seconds longest);

    /// A value that `parse` (text -> optional or result) accepts; `expected` completes the sentence
    /// "must be …".
    template <class Parse>
    auto parsed(std::string_view name, Parse parse, std::string_view expected)
        -> std::optional<typename decltype(parse(std::string_view{}))::value_type> {
        auto const given = text(name);
        if (!given) {
            return std::nullopt;
        }
        auto value = parse(*given);
        if (!value) {
            refuse(name, expected);
            return std::nullopt;
        }
        // Some of the parsers return a result, not an optional.
        return std::move(*value); // NOLINT(bugprone-optional-value-conversion)
    }

    /// `decode`, `list`: see cursor.hpp. A cursor of another list is no problem, but sets
    /// has_foreign_cursor().
    template <class Decode>
    auto cursor(Decode decode, std::string_view list)
        -> std::optional<typename decltype(decode(list, list))::value_type> {
        auto const given = text("cursor");
        if (!given) {
            return std::nullopt;
        }
        auto const decoded = decode(*given, list);
        if (decoded) {
            return *decoded;
        }
        has_foreign_cursor_ = decoded.error().code == errc::conflict;
        if (!has_foreign_cursor_) {
            refuse("cursor", "the next_cursor of an earlier page");
        }
        return std::nullopt;
    }

    /// All parameters except `limit` and `cursor` as one text; the same for all pages of a list.
    std::string const& filters() const noexcept {
        return filters_;
    }

    /// The problems of the values read so far.
    std::vector<wire::error_detail> problems() const {
        return problems_;
    }

    bool has_foreign_cursor() const noexcept {
        return has_foreign_cursor_;
    }

    /// Adds a problem if the parameter is absent: "is required: …".
    void require(std::string_view name, std::string_view meaning);

    /// Adds a problem: the parameter "must be …".
    void refuse(std::string_view name, std::string_view expected);

private:
    http::query_parameters const& given_;
    std::string filters_;
    bool has_foreign_cursor_ = false;
    std::vector<wire::error_detail> problems_;
};

} // namespace tasker::orchestration::api
