#pragma once

#include "tasker/base/error.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace tasker::cluster {

/// "<what>: <the system's text for `number`>", with the matching errc.
inline error system_failure(std::string const& action, int number = errno) {
    errc const code = number == ENOENT ? errc::not_found : errc::unavailable;
    return make_error(code, action + ": " + std::generic_category().message(number));
}

} // namespace tasker::cluster
