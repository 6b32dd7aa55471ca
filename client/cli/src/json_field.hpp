#pragma once

#include "tasker/base/error.hpp"

#include <string>
#include <string_view>

namespace tasker::cli {

/// The part of a JSON text that an RFC 6901 pointer names ("/result/report/text"): a string without
/// quotes and escapes, any other value unchanged.
/// Errors: errc::invalid_argument (not a pointer), errc::not_found (no such part).
result<std::string> json_field(std::string_view json, std::string const& pointer);

/// Why the text is not a JSON pointer; empty if it is one.
std::string json_pointer_problem(std::string const& pointer);

/// The same JSON in readable form: indented, numbers and the order of keys unchanged; short
/// values on one line.
std::string indented_json(std::string_view json);

} // namespace tasker::cli
