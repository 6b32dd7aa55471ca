#pragma once

#include <cstdint>
#include <string>

namespace tasker::wire {

/// Adds a code point, which is no surrogate, in UTF-8.
void append_code_point(std::string& out, std::uint32_t code_point);

} // namespace tasker::wire
