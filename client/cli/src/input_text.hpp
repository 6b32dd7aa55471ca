#pragma once

#include "tasker/base/error.hpp"

#include <string>

namespace tasker::cli {

/// The whole of a file, or of standard input if `path` is "-".
/// Errors: errc::not_found, and the message tells the file and why.
result<std::string> read_input(std::string const& path);

/// What stands for a JSON text on the command line: the text itself, "@FILE", or "-" for standard
/// input. Errors: as read_input.
result<std::string> read_argument(std::string const& argument);

} // namespace tasker::cli
