#pragma once

#include <chrono>
#include <cstddef>

namespace tasker::orchestration::http {

/// What one server admits. Every limit is per connection unless it says otherwise.
struct limits {
    std::size_t max_connections = 1024;           ///< of the server; more are answered with 503
    std::size_t max_header_bytes = 16UL * 1024;   ///< request line and fields together
    std::size_t max_target_bytes = 8UL * 1024;    ///< path and query
    std::size_t max_body_bytes = 1024UL * 1024;   ///< where the route names no limit of its own
    std::size_t max_received_bytes = 256UL << 20; ///< bodies held at once, of the server
    std::chrono::milliseconds request_timeout{30'000}; ///< from its first byte to its last
    std::chrono::milliseconds idle_timeout{75'000};    ///< from one request to the next
    std::chrono::milliseconds stop_timeout{10'000};    ///< for requests in flight once stopped
};

} // namespace tasker::orchestration::http
