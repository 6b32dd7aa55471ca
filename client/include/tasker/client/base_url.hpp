#pragma once

#include "tasker/client/failure.hpp"

#include <string>
#include <string_view>

namespace tasker::client {

/// The URL of an orchestrator's API.
struct base_url {
    std::string host;   ///< a name or an address, IPv6 without brackets
    std::string port;   ///< a number
    std::string prefix; ///< a proxy's prefix of every path: "" or "/tasker"

    /// Parses "http://host[:port][/prefix]". The scheme is optional, and the default port is 80.
    /// Errors: errc::invalid_url, with the reason in the message. https is not supported: let a
    /// proxy terminate TLS.
    static result<base_url> parse(std::string_view text);

    /// The value of the Host header: "host:port", "[::1]:8080", without the port if it is 80.
    std::string authority() const;

    friend bool operator==(base_url const&, base_url const&) = default;
};

} // namespace tasker::client
