#pragma once

#include "database.hpp"
#include "http/router.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace tasker::orchestration::api {

/// /health, /health/live and /health/ready.
///
/// Lifetime: what it is made with must outlive it, and it the router's requests. Threads: one.
class health {
public:
    /// `listening` tells whether notifications arrive.
    health(database& in, std::function<bool()> listening);

    void add_routes(http::router& to);

    /// From now on the program is not ready: it is about to stop.
    void stop() noexcept {
        stopping_ = true;
    }

private:
    boost::asio::awaitable<http::response> whole(http::request& asked);
    boost::asio::awaitable<http::response> live(http::request& asked);
    boost::asio::awaitable<http::response> ready(http::request& asked);
    boost::asio::awaitable<bool> database_answers();

    database& in_;
    std::function<bool()> listening_;
    deadline answer_holds_until_{}; ///< of the last look
    bool answered_ = false;
    bool stopping_ = false;
};

} // namespace tasker::orchestration::api
