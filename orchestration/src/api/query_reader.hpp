#pragma once

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

    /// What is wrong with the values read so far. Empty: nothing.
    std::vector<wire::error_detail> problems() const {
        return problems_;
    }

private:
    void refuse(std::string_view name, std::string_view expected);

    http::query_parameters const& given_;
    std::string filters_;
    std::vector<wire::error_detail> problems_;
};

} // namespace tasker::orchestration::api
