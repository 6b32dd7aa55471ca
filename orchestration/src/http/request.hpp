#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/verb.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::orchestration::http {

/// The client's end of the connection while its request is being answered.
class peer {
public:
    /// Returns once the client has closed the connection or its sending side; until then it keeps
    /// what the client sends. Only for answers that take long.
    /// Cancellation: harmless.
    virtual boost::asio::awaitable<void> until_gone() = 0;

protected:
    ~peer() = default;
};

/// One request, complete with its body. Only the fields that somebody asks for are kept.
struct request {
    boost::beast::http::verb method = boost::beast::http::verb::unknown;
    std::string target; ///< path and query, or "*"; of CONNECT: as sent
    std::string host;   ///< of an absolute target, else of the Host field; with its port
    std::string content_type;
    std::string origin; ///< of the web page whose script sends it; empty: no browser says so
    std::string body;
    bool is_http_1_0 = false;
    bool has_host = false;
    bool has_absolute_target = false;
    bool expects_continue = false;
    bool waits = false; ///< set by a handler that waits for something to happen; for metrics
    /// Of the path: name in the route's pattern, decoded value.
    std::vector<std::pair<std::string_view, std::string>> parameters;
    peer* from = nullptr; ///< set while a handler runs

    std::string_view path() const noexcept {
        return std::string_view{target}.substr(0, target.find('?'));
    }

    /// What follows the first '?', still encoded.
    std::string_view query() const noexcept {
        auto const mark = target.find('?');
        return mark == std::string::npos ? std::string_view{}
                                         : std::string_view{target}.substr(mark + 1);
    }

    /// REQUIRES: the route's pattern has it.
    std::string const& parameter(std::string_view name) const;

    /// Ready for the next request; keeps its memory, except for what a large body took.
    void clear();
};

} // namespace tasker::orchestration::http
