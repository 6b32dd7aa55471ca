#pragma once

#include "tasker/base/time.hpp"
#include "tasker/client/base_url.hpp"
#include "tasker/client/client.hpp"
#include "tasker/client/failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace tasker::client {

struct http_request {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string target; ///< path and query, without the URL's prefix
    std::string body = {};
    std::string content_type = {};
    bool is_repeatable = true; ///< sending it twice is safe
};

/// A persistent connection to one server; opened when needed.
/// Threads: one at a time. Blocks.
class http_connection {
public:
    http_connection(base_url url, std::size_t max_response_bytes);

    /// A response with any status is a success here.
    /// Errors: unreachable, connection_lost, timeout, bad_response.
    result<http_response> exchange(http_request const& request, deadline limit);

private:
    using message = boost::beast::http::request<boost::beast::http::string_body>;

    message compose(http_request const& request) const;
    result<http_response> attempt(message& request, deadline limit);
    boost::asio::awaitable<result<http_response>> run(message& request, deadline limit);
    boost::asio::awaitable<boost::system::error_code> connect(deadline limit);
    bool is_usable();

    base_url url_;
    std::size_t max_response_bytes_;
    boost::asio::io_context context_{1};
    std::optional<boost::beast::tcp_stream> stream_;
    boost::beast::flat_buffer buffer_;
};

} // namespace tasker::client
