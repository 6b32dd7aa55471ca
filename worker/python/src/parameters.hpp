#pragma once

#include "python_handler.hpp"

#include <pybind11/pybind11.h>

#include <memory>

namespace tasker::python {

/// Makes a handler of what tasker._binding.parameters() tells: a sequence of (name, source, convert
/// or None, is required), the source by the name it has in enum source.
/// Errors: ValueError for a source that there is not.
std::shared_ptr<python_handler> make_handler(pybind11::function call,
                                             pybind11::sequence const& parameters);

} // namespace tasker::python
