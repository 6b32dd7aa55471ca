#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

namespace tasker::python {

/// Reads JSON with the same values as json.loads(), in less time. Texts that the fast parser
/// refuses (integers beyond 64 bits, lone surrogates, invalid JSON) go to json.loads().
/// REQUIRES: the GIL is held. Errors: those of json.loads().
pybind11::object read_json(std::string_view text);

/// As read_json(), but a float keeps its digits: tasker._json.FloatWithDigits.
pybind11::object read_json_with_digits(std::string_view text);

} // namespace tasker::python
