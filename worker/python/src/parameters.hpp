#pragma once

#include "python_handler.hpp"

#include <pybind11/pybind11.h>

#include <memory>

namespace tasker::python {

/// Makes a handler from the result of tasker._binding.parameters(): a sequence of (name, source,
/// convert or None, is_required, keeps_digits), the source by its name in enum source.
/// Errors: ValueError for an unknown source.
std::shared_ptr<python_handler> make_handler(pybind11::function call,
                                             pybind11::sequence const& parameters);

} // namespace tasker::python
