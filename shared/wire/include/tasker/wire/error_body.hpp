#pragma once

#include "tasker/base/error.hpp"
#include "tasker/documents/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// The error codes of the API.
enum class error_code : std::uint8_t {
    invalid_request,        ///< 400: the request itself is malformed
    forbidden,              ///< 403: a script of a web page that is not allowed to call
    not_found,              ///< 404
    method_not_allowed,     ///< 405
    timeout,                ///< 408
    conflict,               ///< 409
    payload_too_large,      ///< 413
    uri_too_long,           ///< 414
    unsupported_media_type, ///< 415
    expectation_failed,     ///< 417: an unsupported Expect field
    misdirected_request,    ///< 421: the host is not allowed, see host_rule
    unprocessable,          ///< 422: a template or a context that breaks its rules
    too_many_requests,      ///< 429
    headers_too_large,      ///< 431
    internal,               ///< 500
    unavailable,            ///< 503: try again later
    version_not_supported,  ///< 505: neither HTTP/1.1 nor HTTP/1.0
};

/// "invalid_request"
std::string_view to_string(error_code code) noexcept;

/// None if `name` names no code.
std::optional<error_code> parse_error_code(std::string_view name) noexcept;

int http_status(error_code code) noexcept;

struct error_detail {
    std::string path; ///< in the body ("tasks[17].priority"), or the query parameter; may be empty
    std::string problem;

    friend bool operator==(error_detail const&, error_detail const&) = default;
};

/// In the form of the API: the sentence starts with the line, if one is known.
error_detail to_detail(documents::located_problem const& problem);

/// `{"error":{"code":"","message":"","details":[{"path":"","problem":""}]}}`
struct error_body {
    error_code code = error_code::internal;
    std::string message;
    std::vector<error_detail> details;

    friend bool operator==(error_body const&, error_body const&) = default;
};

/// Bytes that are not UTF-8 (they may come from the request) become U+FFFD.
void append(std::string& out, error_body const& body);

/// Errors: errc::invalid_argument if it is not an error body. An unknown code is read as
/// `internal`.
result<error_body> read_error_body(std::string_view json);

} // namespace tasker::wire
