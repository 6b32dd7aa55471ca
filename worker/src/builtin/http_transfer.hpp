#pragma once

#include "builtin/http_address.hpp"
#include "builtin/http_url.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::worker {

/// A request for libcurl.
struct http_call {
    std::string method;
    http_url url;
    std::vector<std::pair<std::string, std::string>> headers; ///< each name once
    std::optional<std::string> body;
    std::chrono::milliseconds timeout{0}; ///< for everything, including name resolution
    std::size_t max_response_bytes = 0;   ///< limit of the decoded body
    bool may_reach_local = false;         ///< addresses of address_kind::local
};

struct http_response {
    long status = 0;
    std::string reason; ///< as in "404 Not Found"; may be empty
    /// In the order of the response; names in lower case, values unchanged.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The last field of this name; empty if there is none.
    std::string header(std::string_view name) const;
};

enum class http_end { answered, failed, timed_out, cancelled, body_too_large, address_refused };

struct http_outcome {
    http_end end = http_end::failed;
    http_response response;                      ///< if it responded
    std::string problem;                         ///< if it failed
    address_kind refused = address_kind::global; ///< if all addresses were refused: the worst kind
};

/// Sends it on a new connection, and follows no redirects. The address check applies to the
/// addresses that the host's name resolves to when the connection is opened.
/// Threads: any. Blocks until the response is complete, the time is over or a stop is requested.
http_outcome transfer(http_call const& call, std::stop_token const& stop);

} // namespace tasker::worker
