#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Readable paths: `steps[2].handler["odd key"]`.

namespace tasker::json {

/// The name in quotes; a long one is shortened in the middle. REQUIRES: `name` is UTF-8.
std::string shown(std::string_view name);

void append_key(std::string& path, std::string_view key);
/// "inputs" and "a.b" make "inputs.a.b"; "inputs" and "[0]" make "inputs[0]".
std::string joined_path(std::string path, std::string_view below);

void append_index(std::string& path, std::size_t index);

} // namespace tasker::json
