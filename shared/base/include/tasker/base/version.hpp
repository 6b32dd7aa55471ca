#pragma once

#include <string_view>

namespace tasker {

/// The version of this build, as in CMakeLists.txt: "0.1.0".
std::string_view version() noexcept;

} // namespace tasker
