#pragma once

#include "http_connection.hpp"

#include "tasker/client/client.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace tasker::client {

/// The failure that a response with a status of 400 or more is.
failure refused_by(http_response const& received);

inline constexpr int first_error_status = 400;

struct client::state {
    client_options options;
    std::optional<http_connection> connection;
    failure bad_url;
    http_response last;

    result<void> exchange(http_request const& request, std::chrono::milliseconds extra = {}) {
        last = {};
        if (!connection) {
            return bad_url;
        }
        auto const limit = steady_clock::now() + options.call_timeout + extra;
        auto received = connection->exchange(request, limit);
        if (received.has_error()) {
            return std::move(received).error();
        }
        last = std::move(*received);
        if (last.status >= first_error_status) {
            return refused_by(last);
        }
        return {};
    }

    /// Sends the request and reads its response with one of wire's readers.
    template <class Value>
    result<Value> call(http_request const& request, tasker::result<Value> (*read)(std::string_view),
                       std::chrono::milliseconds extra = {}) {
        auto sent = exchange(request, extra);
        if (sent.has_error()) {
            return std::move(sent).error();
        }
        auto value = read(last.body);
        if (value.has_error()) {
            return failure{.code = errc::bad_response,
                           .message = "not a response of this API: " + value.error().message,
                           .status = last.status,
                           .envelope = {},
                           .was_sent = true};
        }
        return std::move(*value);
    }

    /// The same with a body.
    template <class Body, class Value>
    result<Value> post(std::string const& target, Body const& sent,
                       tasker::result<Value> (*read)(std::string_view), bool is_repeatable = true) {
        std::string body;
        wire::append(body, sent);
        return call({.method = boost::beast::http::verb::post,
                     .target = target,
                     .body = std::move(body),
                     .content_type = "application/json",
                     .is_repeatable = is_repeatable},
                    read);
    }
};

} // namespace tasker::client
