#pragma once

#include <string>
#include <string_view>

namespace tasker::model {

/// In 64 lower-case hexadecimal digits.
std::string sha256(std::string_view text);

} // namespace tasker::model
