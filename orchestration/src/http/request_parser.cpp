#include "http/request_parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <algorithm>

namespace tasker::orchestration::http {

namespace {

namespace beast = boost::beast;

/// Memory for a body is set aside before it arrives up to here; beyond, it grows as it comes.
constexpr std::uint64_t max_reserved_bytes = 64UL * 1024;

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.http";
    }

    std::string message(int value) const override {
        switch (static_cast<parse_errc>(value)) {
        case parse_errc::target_too_long:
            return "the request's target is too long";
        case parse_errc::unsupported_transfer_encoding:
            return "the only transfer encoding understood is chunked";
        case parse_errc::host_missing:
            return "a request of HTTP/1.1 needs a Host field";
        case parse_errc::host_repeated:
            return "the Host field stands more than once";
        }
        return "unknown error";
    }
};

} // namespace

boost::system::error_code make_error_code(parse_errc value) noexcept {
    static category const instance;
    return {static_cast<int>(value), instance};
}

request_parser::request_parser(request& into, std::size_t max_header_bytes,
                               std::size_t max_target_bytes)
    : into_{into},
      max_target_bytes_{max_target_bytes} {
    header_limit(static_cast<std::uint32_t>(max_header_bytes));
    // The limit depends on the route, so it is kept here: see body_limit_bytes.
    body_limit(boost::none);
}

void request_parser::on_request_impl(beast::http::verb method, string_view, string_view target,
                                     int version, error_code& failure) {
    if (target.size() > max_target_bytes_) {
        failure = parse_errc::target_too_long;
        return;
    }
    into_.method = method;
    into_.target.assign(target.data(), target.size());
    into_.is_http_1_0 = version < 11;
}

void request_parser::on_field_impl(beast::http::field name, string_view, string_view value,
                                   error_code& failure) {
    if (in_trailer_) {
        return;
    }
    switch (name) {
    case beast::http::field::content_type:
        into_.content_type.assign(value.data(), value.size());
        break;
    case beast::http::field::expect:
        into_.expects_continue = beast::iequals(value, "100-continue");
        break;
    case beast::http::field::host:
        if (into_.has_host) {
            failure = parse_errc::host_repeated;
        }
        into_.has_host = true;
        break;
    case beast::http::field::origin:
        into_.origin.assign(value.data(), value.size());
        break;
    case beast::http::field::transfer_encoding:
        if (into_.is_http_1_0 || !beast::iequals(value, "chunked")) {
            failure = parse_errc::unsupported_transfer_encoding;
        }
        break;
    default:
        break;
    }
}

void request_parser::on_header_impl(error_code& failure) {
    in_trailer_ = true;
    if (!into_.is_http_1_0 && !into_.has_host) {
        failure = parse_errc::host_missing;
    }
}

void request_parser::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&) {
    if (length) {
        into_.body.reserve(static_cast<std::size_t>(std::min(*length, max_reserved_bytes)));
    }
}

std::size_t request_parser::on_body_impl(string_view part, error_code& failure) {
    if (part.size() > body_limit_bytes_ - into_.body.size()) {
        failure = beast::http::error::body_limit;
        return 0;
    }
    into_.body.append(part.data(), part.size());
    return part.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, string_view part,
                                               error_code& failure) {
    return on_body_impl(part, failure);
}

} // namespace tasker::orchestration::http
