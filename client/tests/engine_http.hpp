#pragma once

#include "tasker/base/time.hpp"
#include "tasker/wire/error_body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// HTTP byte by byte, for requests that no client library would send.

namespace tasker::engine {

struct reply {
    int status = 0;
    std::string head; ///< the fields, each with its line end
    std::string body;
};

/// Whether the client closes its sending side (a half-closed connection) or leaves it open.
enum class after_sending : std::uint8_t { close, keep_open };

/// Sends the bytes to "127.0.0.1:PORT", and returns what comes back until the server closes.
/// Errors: throws std::runtime_error if it has not closed in time.
std::string exchange(std::string_view address, std::string_view bytes, after_sending then,
                     deadline until);

/// The responses in the received bytes, in order; none if they contain anything else.
std::optional<std::vector<reply>> parse_replies(std::string_view bytes);

struct request_line {
    std::string_view method;
    std::string_view target;
    std::string_view content_type = {};
};

/// A well-formed request on a new connection. Errors: throws std::runtime_error.
reply send(std::string_view address, request_line const& line, std::string_view body = {});

/// The error in a body; none unless the body is exactly the API's envelope.
std::optional<wire::error_body> read_envelope(reply const& answer);

} // namespace tasker::engine
