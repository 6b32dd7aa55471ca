#pragma once

#include "builtin/http_transfer.hpp"

#include "tasker/base/error.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::worker {

/// Interprets the header fields of a response (RFC 9110).
bool is_json(http_response const& answer);

/// The body in UTF-8. Without a charset in `Content-Type`, bytes that are not UTF-8 become U+FFFD.
/// Errors: errc::invalid_argument, with a sentence without its subject, if the system does not
/// support the charset or the bytes do not match it.
result<std::string> body_as_utf8(http_response const& answer);

/// How long the server asks to wait, at most a day. A date is relative to the response's `Date`, so
/// that this host's clock does not matter.
std::optional<std::chrono::milliseconds> retry_after(http_response const& answer);

/// Whether a header gives access: cookies, tokens, keys, passwords.
/// `name`: in lower case.
bool is_credential(std::string_view name);

} // namespace tasker::worker
