#pragma once

#include "backlog_history.hpp"
#include "database.hpp"
#include "tasker/base/time.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::orchestration::api {

/// /health, /health/live and /health/ready.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class health {
public:
    /// `listening`: whether notifications arrive. `growing`: see backlog_history.
    health(database& database, std::function<bool()> listening,
           std::function<std::vector<growing_backlog>()> growing);

    void add_routes(http::router& to);

    /// From now on the program is not ready: it is about to stop.
    void stop() noexcept {
        stopping_ = true;
    }

private:
    boost::asio::awaitable<http::response> whole(http::request& asked);
    boost::asio::awaitable<http::response> live(http::request& asked);
    boost::asio::awaitable<http::response> ready(http::request& asked);
    enum class database_state { ok, unavailable, read_only };
    /// Renews found_ and unserved_, at most once a second.
    boost::asio::awaitable<database_state> check_database();
    static std::string_view word(database_state found);

    database& database_;
    std::function<bool()> listening_;
    std::function<std::vector<growing_backlog>()> growing_;
    deadline answer_holds_until_{};     ///< of the last check
    std::vector<std::string> unserved_; ///< namespaces whose steps wait without a worker
    database_state found_ = database_state::unavailable;
    bool stopping_ = false;
};

} // namespace tasker::orchestration::api
