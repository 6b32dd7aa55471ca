#pragma once

#include "http/request.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tasker::orchestration::http {

/// Beast's parser of HTTP/1.1, writing straight into a `request`: no field is stored that is not
/// asked for, so a request costs no allocation once the connection is warm.
///
/// Stricter than Beast: a Transfer-Encoding other than "chunked" is refused, since what follows it
/// could be taken for another request; so is a second Host or a request for HTTP/1.1 without one.
/// Trailers are read and dropped.
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

    request& into_;
    std::size_t max_target_bytes_;
    std::size_t body_limit_bytes_ = 0;
    bool in_trailer_ = false;
};

/// What is wrong with a request that Beast finds no fault with.
enum class parse_errc {
    target_too_long = 1,
    unsupported_transfer_encoding,
    host_missing,
    host_repeated,
};

boost::system::error_code make_error_code(parse_errc value) noexcept;

} // namespace tasker::orchestration::http

template <>
struct boost::system::is_error_code_enum<tasker::orchestration::http::parse_errc> : std::true_type {
};
