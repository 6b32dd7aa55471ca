#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

namespace tasker::python {

/// JSON as json.loads() would read it: the same values, in less time. What the quick parser refuses
/// (integers beyond 64 bits, lone surrogates, texts that are no JSON) goes to json.loads() itself.
/// REQUIRES: the GIL is held. Errors: those of json.loads().
pybind11::object read_json(std::string_view text);

} // namespace tasker::python
