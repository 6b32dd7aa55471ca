#pragma once

#include "tasker/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tasker::cli {

/// The port to listen on at 127.0.0.1: the wanted one; without a wish `usual`, or the first of the
/// next twenty that is free. 0 is any free port, to be chosen when listening.
/// Errors: errc::conflict if the wanted one is taken; `option` is named for changing it.
result<std::uint16_t> choose_port(std::optional<std::uint16_t> wanted, std::uint16_t usual,
                                  std::string const& option);

} // namespace tasker::cli
