#pragma once

#include "tasker/documents/problem.hpp"

#include <boost/system/result.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::json_schema {

/// Why a text is not a valid schema: as check_schema (check.hpp) reports it, or that it is no JSON.
struct invalid_schema {
    std::vector<documents::located_problem> problems;
};

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(invalid_schema const& invalid,
                                             boost::source_location const& where);

/// A JSON Schema of draft 7, compiled once and used often.
///
/// Lifetime: a copy shares the compiled schema.
/// Threads: any number may call validate() at the same time.
class validator {
public:
    /// Accepts every value.
    validator() = default;

    /// From JSON text. Paths in problems begin with `name`: "input_schema.properties.n".
    static boost::system::result<validator, invalid_schema> compile(std::string_view schema,
                                                                    std::string_view name);

    /// The problems of a valid JSON text; empty: none. Paths begin with `name`:
    /// "context.items[3].price". At most `documents::max_problems`.
    std::vector<documents::located_problem> validate(std::string_view json,
                                                     std::string_view name) const;

    /// The JSON text with the `default` of each property that an object lacks, added at the
    /// object's end; everything else stays unchanged. Looks into `properties`, `items` (if it is
    /// one schema), `allOf` and `$ref`. A default is not filled itself. None if nothing is to be
    /// added. REQUIRES: json::find_problem(json) found none.
    std::optional<std::string> with_defaults(std::string_view json) const;

private:
    struct compiled;
    std::shared_ptr<compiled const> compiled_;
};

} // namespace tasker::json_schema
