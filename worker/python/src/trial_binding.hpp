#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// What tasker.testing needs: a handler run once without a database, templates compiled and
/// contexts checked as the orchestrator does.
void bind_trial(pybind11::module_& module);

} // namespace tasker::python
