#pragma once

#include "tasker/base/error.hpp"

#include <string>

namespace tasker::cli {

/// The whole of a file, or of standard input if `path` is "-".
/// Errors: errc::not_found; the message names the file and the reason.
result<std::string> read_input(std::string const& path);

/// A JSON text from the command line: the text itself, "@FILE", or "-" for standard input. Errors:
/// as read_input.
result<std::string> read_argument(std::string const& argument);

} // namespace tasker::cli
