#pragma once

#include "tasker/base/time.hpp"
#include "tasker/http/request.hpp"
#include "tasker/http/response.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::http {

/// Handles a request. The request lives until the response is complete; an exception becomes 500.
using handler = std::function<boost::asio::awaitable<response>(request&)>;

/// The names of the parameters that a query may have.
using query_names = std::vector<std::string_view>;

enum class body_kind {
    ignored,
    json,
    optional_json, ///< none, or JSON
    json_or_yaml,
};

/// A method of a path. The server checks what the route declares before it calls the handler.
struct route {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string pattern; ///< "/v1/tasks/{task_id}": a segment in braces matches any one segment
    handler handle;
    std::optional<std::size_t> max_body_bytes{}; ///< instead of the server's
    body_kind body = body_kind::ignored;         ///< another Content-Type is refused with 415
    /// The names that the query may have, each once; others are refused with 400. None: the query
    /// is ignored.
    std::optional<query_names> query{std::in_place};
    query_names repeatable{}; ///< those of them that the query may have several times
    std::size_t index = 0;    ///< its index among all routes, set by the router
};

/// A finished request, for metrics.
struct answered_request {
    route const* found; ///< null: no route
    unsigned status;
    steady_clock::duration took; ///< from its last byte received to its response
    bool waited = false;         ///< the client asked for the delay
};

/// The result of a look-up by method and path.
struct route_match {
    route const* found = nullptr;
    /// The methods of the path, "GET, HEAD, OPTIONS"; empty: no route has this path.
    std::string_view allow;
    bool broken_escape = false; ///< the path has an invalid escape
};

/// The table of routes. A literal segment takes precedence over a parameter. GET's route also
/// serves HEAD.
class router {
public:
    /// REQUIRES: the pattern starts with '/', and is not yet registered for this method.
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

} // namespace tasker::http
