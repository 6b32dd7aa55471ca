#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// For tasker.testing: runs a handler once without a database, compiles templates and checks
/// contexts like the orchestrator.
void bind_trial(pybind11::module_& module);

} // namespace tasker::python
