#pragma once

#include "tasker/model/problem.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// A template's input schema, compiled once and asked often.
///
/// Lifetime: a copy shares the compiled schema.
/// Threads: validate() may be called from any number at once.
class input_validator {
public:
    /// Accepts every object, as a template without an input schema does.
    input_validator() = default;

    /// `schema` is the input_schema of a template that was parsed; another one may fail an
    /// assertion.
    explicit input_validator(std::string_view schema);

    /// What is wrong with the context, a JSON text that was checked to be valid; empty: nothing.
    /// Paths begin with "context": "context.items[3].price". At most `max_problems`.
    std::vector<located_problem> validate(std::string_view context) const;

private:
    struct compiled;
    std::shared_ptr<compiled const> compiled_;
};

} // namespace tasker::model
