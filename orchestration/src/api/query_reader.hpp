#pragma once

#include "tasker/base/time.hpp"
#include "tasker/wire/error_body.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::orchestration::api {

/// Reads a request's query, parameter by parameter. A parameter that is unknown, repeated or has a
/// wrong value is a problem; finish() returns all of them.
class query_reader {
public:
    /// `encoded`: the text after the '?'.
    explicit query_reader(std::string_view encoded);

    std::optional<std::string> text(std::string_view name);

    /// A text that is valid for the functions of model/names.hpp.
    std::optional<std::string> checked(std::string_view name,
                                       std::optional<std::string> problem_of(std::string_view));

    std::optional<timestamp> time(std::string_view name);

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
        return std::move(*value);
    }

    /// All parameters except `limit` and `cursor` as one text; the same for all pages of a list.
    std::string const& filters() const noexcept {
        return filters_;
    }

    /// Call it after reading the last parameter. Empty: the query is valid.
    std::vector<wire::error_detail> finish();

private:
    void refuse(std::string_view name, std::string_view expected);

    bool is_broken_ = false;
    std::vector<std::pair<std::string, std::string>> left_; ///< not read yet
    std::string filters_;
    std::vector<std::string> asked_;
    std::vector<wire::error_detail> problems_;
};

} // namespace tasker::orchestration::api
