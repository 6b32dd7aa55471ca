#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace tasker::python {

/// A Python value as JSON: what json.dumps() takes, and dataclasses, pydantic models, dates, UUIDs,
/// decimals, enumerations, sets and paths (tasker._json.plain() makes plain values of them).
/// Text is written as it is, not as \u escapes; a float keeps its point.
/// REQUIRES: the GIL is held.
/// Errors: TypeError for any other value, ValueError for NaN, infinity, text that is not Unicode
/// (lone surrogates) and for what contains itself.
std::string write_json(pybind11::handle value);

} // namespace tasker::python
