#pragma once

#include "tasker/http/request.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tasker::http {

/// Beast's parser of HTTP/1.1, writing directly into a `request`. It stores only the fields that
/// the program uses, so a request on a warm connection allocates nothing.
///
/// Stricter than Beast: refuses
/// - a Transfer-Encoding other than "chunked", because the rest could be read as another request;
/// - a folded field, which proxies may read differently (RFC 9112, 5.2);
/// - a second Host, a malformed one, or none in HTTP/1.1;
/// - a target that is neither a path nor an http URL (RFC 9112, 3.2);
/// - an unknown Expect, and a compressed body.
/// Trailers are read with the limits of headers, and dropped.
///
/// Lifetime: `into` must outlive it; one parser serves one request.
class request_parser final : public boost::beast::http::basic_parser<true> {
public:
    request_parser(request& into, std::size_t max_header_bytes, std::size_t max_target_bytes);

    /// Set when the header is complete and the route is known; 0 until then.
    void body_limit_bytes(std::size_t limit) noexcept {
        body_limit_bytes_ = limit;
    }

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb method, string_view method_name,
                         string_view target, int version, error_code& failure) override;
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                       error_code& failure) override;
    void on_header_impl(error_code& failure) override;
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) override;
    std::size_t on_body_impl(string_view part, error_code& failure) override;
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code& failure) override;
    void on_finish_impl(error_code&) override {}

    void take_target(std::string_view target, error_code& failure);
    void take_host(std::string_view value, error_code& failure);
    void count_trailer(string_view name, string_view value, error_code& failure);

    request& into_;
    std::size_t max_header_bytes_;
    std::size_t max_target_bytes_;
    std::size_t body_limit_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    bool in_trailer_ = false;
};

/// Beast refuses all versions above 1.1, but 1.2 to 1.9 mean 1.1 (RFC 9110, 2.5). Changes such a
/// version to 1.1 in the request line at the start of `head`. False: no such version.
bool lower_version(std::span<char> head);

/// The version in the request line at the start of `head`, "HTTP/2.0"; empty if there is none.
std::string_view version_of(std::string_view head);

/// Problems of a request that Beast accepts.
enum class parse_errc {
    target_too_long = 1,
    target_malformed,
    unsupported_transfer_encoding,
    host_missing,
    host_repeated,
    host_malformed,
    field_folded,
    unknown_expectation,
    compressed_body,
};

boost::system::error_code make_error_code(parse_errc value) noexcept;

} // namespace tasker::http

template <>
struct boost::system::is_error_code_enum<tasker::http::parse_errc> : std::true_type {};
