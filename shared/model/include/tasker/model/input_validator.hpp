#pragma once

#include "tasker/model/problem.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// A template's input schema, compiled once and used often.
///
/// Lifetime: a copy shares the compiled schema.
/// Threads: any number may call validate() at the same time.
class input_validator {
public:
    /// Accepts every object, like a template without an input schema.
    input_validator() = default;

    /// `schema` is the input_schema of a parsed template; another one may fail an assertion.
    explicit input_validator(std::string_view schema);

    /// The problems of the context, a valid JSON text; empty: none.
    /// Paths begin with "context": "context.items[3].price". At most `max_problems`.
    std::vector<located_problem> validate(std::string_view context) const;

private:
    struct compiled;
    std::shared_ptr<compiled const> compiled_;
};

} // namespace tasker::model
