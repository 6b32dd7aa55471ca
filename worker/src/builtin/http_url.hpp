#pragma once

#include "tasker/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tasker::worker {

/// What it takes to send a request.
struct http_url {
    std::string host; ///< a name or an address; IPv6 without brackets
    std::uint16_t port = 80;
    std::string authority; ///< as in the URL: for the field Host
    std::string target;    ///< path and query, "/" at least
};

/// "http://host[:port][/path][?query][#fragment]"; the fragment is dropped.
/// Errors: errc::invalid_argument, with a sentence without its subject; also for https, which needs
/// TLS, and for names and passwords in the URL, which would be shown in failures.
result<http_url> parse_http_url(std::string_view url);

} // namespace tasker::worker
