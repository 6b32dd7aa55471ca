#pragma once

#include "tasker/worker/step_context.hpp"
#include "tasker/worker/step_result.hpp"

#include <pybind11/pybind11.h>

#include <string>

namespace tasker::python {

/// A handler has a parameter without a default that names no parent of the step.
class no_such_parent {
public:
    explicit no_such_parent(std::string parameter) : parameter_{std::move(parameter)} {}

    /// Permanent: the template and the handler do not match.
    worker::step_result to_failure(worker::step_context const& of) const;

private:
    std::string parameter_;
};

/// The failure for an exception, by tasker._failures.describe().
/// REQUIRES: the GIL is held.
worker::step_result to_failure(pybind11::error_already_set const& raised);

/// A permanent failure: the return value of the handler is not JSON.
worker::step_result invalid_result(pybind11::error_already_set const& refused);
worker::step_result invalid_result(std::string const& why);

} // namespace tasker::python
