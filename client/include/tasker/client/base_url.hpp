#pragma once

#include "tasker/client/failure.hpp"

#include <string>
#include <string_view>

namespace tasker::client {

/// Where the API of an orchestrator is.
struct base_url {
    std::string host;   ///< a name or an address, IPv6 without brackets
    std::string port;   ///< a number
    std::string prefix; ///< what a proxy puts before every path: "" or "/tasker"

    /// Reads "http://host[:port][/prefix]"; the scheme may be left out, the port is then 80 as
    /// ever. Errors: errc::invalid_url; the message says why, https included: TLS is a proxy's
    /// work.
    static result<base_url> parse(std::string_view text);

    /// What the Host header says: "host:port", "[::1]:8080", without the port if it is 80.
    std::string authority() const;

    friend bool operator==(base_url const&, base_url const&) = default;
};

} // namespace tasker::client
