#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace tasker::python {

/// Writes a Python value as JSON: everything that json.dumps() accepts, and dataclasses, pydantic
/// models, dates, UUIDs, decimals, enumerations, sets and paths (tasker._json.plain() converts
/// them). Text is written without \u escapes; a float keeps its point.
/// REQUIRES: the GIL is held.
/// Errors: TypeError for any other value, ValueError for NaN, infinity, text that is not Unicode
/// (lone surrogates), and for a value that contains itself.
std::string write_json(pybind11::handle value);

} // namespace tasker::python
