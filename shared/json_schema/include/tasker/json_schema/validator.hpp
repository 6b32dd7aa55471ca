#pragma once

#include "tasker/documents/problem.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace tasker::json_schema {

/// A JSON Schema of draft 7, compiled once and used often.
///
/// Lifetime: a copy shares the compiled schema.
/// Threads: any number may call validate() at the same time.
class validator {
public:
    /// Accepts every value.
    validator() = default;

    /// REQUIRES: `schema` is JSON text in which check_schema (check.hpp) finds no problem. An
    /// assertion fails otherwise.
    explicit validator(std::string_view schema);

    /// The problems of a valid JSON text; empty: none. Paths begin with `name`:
    /// "context.items[3].price". At most `documents::max_problems`.
    std::vector<documents::located_problem> validate(std::string_view json,
                                                     std::string_view name) const;

private:
    struct compiled;
    std::shared_ptr<compiled const> compiled_;
};

} // namespace tasker::json_schema
