#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// `_native.log()` and `_native.is_logged()`: write Python's logging into the worker's log, as one
/// stream in one format.
void bind_log(pybind11::module_& module);

} // namespace tasker::python
