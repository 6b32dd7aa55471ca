#pragma once

#include "http/request.hpp"
#include "http/response.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::orchestration::http {

/// Answers a request. The request lives until the answer is there; an exception is answered with
/// 500.
using handler = std::function<boost::asio::awaitable<response>(request&)>;

struct route {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string pattern; ///< "/v1/tasks/{task_id}": a segment in braces matches any one segment
    handler handle;
    std::optional<std::size_t> max_body_bytes{}; ///< instead of the server's
    std::size_t index = 0;                       ///< its place among all routes, set by the router
};

/// What a request's method and path lead to.
struct route_match {
    route const* found = nullptr;
    /// The methods of the path, "GET, HEAD, OPTIONS"; empty: no route has this path.
    std::string_view allow;
    bool broken_escape = false; ///< the path has an escape that stands for nothing
};

/// The table of routes. A literal segment wins over a parameter; HEAD is served by GET's route.
class router {
public:
    /// REQUIRES: a pattern that starts with '/', not there yet with this method.
    void add(route added);

    /// Fills the request's parameters if a route is found.
    route_match match(request& asked) const;

    std::vector<route> const& routes() const noexcept {
        return routes_;
    }

private:
    struct path_entry {
        std::vector<std::string> segments; ///< of the pattern
        std::vector<std::size_t> routes;   ///< one for each method
        std::string allow;
    };

    std::vector<route> routes_;
    std::vector<path_entry> paths_;
};

} // namespace tasker::orchestration::http
