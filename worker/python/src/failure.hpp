#pragma once

#include "tasker/worker/step_context.hpp"
#include "tasker/worker/step_result.hpp"

#include <pybind11/pybind11.h>

#include <string>

namespace tasker::python {

/// A handler has a parameter that names no parent of the step, and no default for it.
class no_such_parent {
public:
    explicit no_such_parent(std::string parameter) : parameter_{std::move(parameter)} {}

    /// Permanent: template and handler do not go together.
    worker::step_result to_failure(worker::step_context const& of) const;

private:
    std::string parameter_;
};

/// The failure that an exception stands for, as tasker._failures.describe() has it.
/// REQUIRES: the GIL is held.
worker::step_result to_failure(pybind11::error_already_set const& raised);

/// A permanent failure: what the handler returned is no JSON.
worker::step_result invalid_result(pybind11::error_already_set const& refused);
worker::step_result invalid_result(std::string const& why);

} // namespace tasker::python
