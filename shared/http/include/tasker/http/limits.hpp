#pragma once

#include <chrono>
#include <cstddef>

namespace tasker::http {

/// The limits of one server; per connection unless stated otherwise.
struct limits {
    std::size_t max_connections = 1024;                ///< of the server; further ones get 503
    std::size_t max_header_bytes = 16UL * 1024;        ///< request line and fields together
    std::size_t max_target_bytes = 8UL * 1024;         ///< path and query
    std::size_t max_body_bytes = 1024UL * 1024;        ///< for routes without their own limit
    std::size_t max_received_bytes = 256UL << 20;      ///< bodies in memory, of the server
    std::chrono::milliseconds request_timeout{30'000}; ///< from its first byte to its last
    std::chrono::milliseconds idle_timeout{75'000};    ///< from one request to the next
    std::chrono::milliseconds stop_timeout{10'000};    ///< for requests in flight once stopped
};

} // namespace tasker::http
