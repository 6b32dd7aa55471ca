#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace tasker::config {

/// Writes a program's ready file: `text` and a line end. Readers see the complete file or none. The
/// file gets an unpredictable name, so that no other user can place a link there, and is renamed to
/// `path`; an existing file is replaced. Everyone may read it.
/// Errors: errc::unavailable. Threads: any.
result<void> write_ready_file(std::filesystem::path const& path, std::string_view text);

} // namespace tasker::config
