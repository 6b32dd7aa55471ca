#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>
#include <string_view>

namespace tasker::config {

/// Writes a program's ready file: `text`, and a line's end. Readers see the whole file or none. It
/// is written under a name that nobody can guess or hold a link at, and renamed to `path`; what was
/// there is replaced. All may read it.
/// Errors: errc::unavailable. Threads: any.
result<void> write_ready_file(std::filesystem::path const& path, std::string_view text);

} // namespace tasker::config
