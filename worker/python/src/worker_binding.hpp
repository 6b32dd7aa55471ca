#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// `_native.Worker`: the C++ worker with Python handlers; tasker.Worker wraps it.
void bind_worker(pybind11::module_& module);

} // namespace tasker::python
