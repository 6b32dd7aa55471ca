#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// `_native.log()` and `_native.is_logged()`: Python's logging into the worker's log, so that both
/// are one stream in one format.
void bind_log(pybind11::module_& module);

} // namespace tasker::python
