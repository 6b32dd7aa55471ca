#pragma once

#include "tasker/http/percent.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::http {

/// The client's side of the connection while its request is handled.
class peer {
public:
    /// Returns once the client has closed the connection or its sending side; until then it stores
    /// further input. Only for slow responses.
    /// Cancellation: harmless.
    virtual boost::asio::awaitable<void> until_gone() = 0;

protected:
    ~peer() = default;
};

/// One complete request. Only the header fields that the program uses are kept.
struct request {
    boost::beast::http::verb method = boost::beast::http::verb::unknown;
    std::string target; ///< path and query, or "*"; for CONNECT as sent
    std::string host;   ///< from an absolute target, otherwise from the Host field; with its port
    std::string content_type;
    std::string origin; ///< of the web page whose script sends it; empty: no Origin field
    std::string body;
    bool is_http_1_0 = false;
    bool has_host = false;
    bool has_absolute_target = false;
    bool expects_continue = false;
    bool waits = false; ///< set by a handler that waits for an event; for metrics
    /// Parameters of the path: name in the route's pattern, decoded value.
    std::vector<std::pair<std::string_view, std::string>> parameters;
    /// Parameters of the query, decoded; empty if the route ignores the query.
    query_parameters query;
    peer* from = nullptr; ///< set while a handler runs

    std::string_view path() const noexcept {
        return std::string_view{target}.substr(0, target.find('?'));
    }

    /// The text after the first '?', still encoded.
    std::string_view encoded_query() const noexcept {
        auto const mark = target.find('?');
        return mark == std::string::npos ? std::string_view{}
                                         : std::string_view{target}.substr(mark + 1);
    }

    /// REQUIRES: the route's pattern has it.
    std::string const& parameter(std::string_view name) const;

    /// Resets it for the next request; keeps its memory, except that of a large body.
    void clear();
};

} // namespace tasker::http
