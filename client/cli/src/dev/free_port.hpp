#pragma once

#include "tasker/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tasker::cli {

/// The port to listen on at 127.0.0.1: the wanted one; if none is wanted, `usual` or the first free
/// one of the next twenty. 0 is any free port, chosen when listening.
/// Errors: errc::conflict if the wanted port is taken; the message names `option`.
result<std::uint16_t> choose_port(std::optional<std::uint16_t> wanted, std::uint16_t usual,
                                  std::string const& option);

} // namespace tasker::cli
