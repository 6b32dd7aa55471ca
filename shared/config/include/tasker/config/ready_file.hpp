#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace tasker::config {

/// Writes a program's ready file: `text` and a line end. Readers see the whole file or none. The
/// file gets an unpredictable name, at which nobody can place a link, and is renamed to `path`; a
/// file there is replaced. Everyone may read it.
/// Errors: errc::unavailable. Threads: any.
result<void> write_ready_file(std::filesystem::path const& path, std::string_view text);

} // namespace tasker::config
