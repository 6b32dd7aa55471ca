#include "request_parser.hpp"

#include "tasker/base/host_rule.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <algorithm>

namespace tasker::http {

namespace {

namespace beast = boost::beast;

/// Memory for a body is reserved up to this size; more is allocated as the body arrives.
constexpr std::uint64_t max_reserved_bytes = 64UL * 1024;

/// Beast copies a folded field elsewhere to join its lines. So only the value of an unfolded field
/// follows its name in the received text.
bool is_folded(std::string_view name, std::string_view value) {
    auto const* start = name.data() + name.size() + 1; // the colon
    while (*start == ' ' || *start == '\t') {
        ++start;
    }
    return start != value.data();
}

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override {
        return "tasker.http";
    }

    std::string message(int value) const override {
        switch (static_cast<parse_errc>(value)) {
        case parse_errc::target_too_long:
            return "the request's target is too long";
        case parse_errc::target_malformed:
            return "the request target must be a path, or a URL that starts with http://";
        case parse_errc::unsupported_transfer_encoding:
            return "the only supported transfer encoding is chunked";
        case parse_errc::host_missing:
            return "a request of HTTP/1.1 needs a Host field";
        case parse_errc::host_repeated:
            return "the Host field is given more than once";
        case parse_errc::host_malformed:
            return "the Host field must be a host name or an IP address, with or without a port";
        case parse_errc::field_folded:
            return "a field may not continue on the next line";
        case parse_errc::unknown_expectation:
            return "the only supported expectation is 100-continue";
        case parse_errc::compressed_body:
            return "send the body without Content-Encoding; compressed bodies are not accepted";
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
      max_header_bytes_{max_header_bytes},
      max_target_bytes_{max_target_bytes} {
    header_limit(static_cast<std::uint32_t>(max_header_bytes));
    // The limit depends on the route, so the parser checks it: see body_limit_bytes.
    body_limit(boost::none);
}

void request_parser::on_request_impl(beast::http::verb method, string_view, string_view target,
                                     int version, error_code& failure) {
    if (target.size() > max_target_bytes_) {
        failure = parse_errc::target_too_long;
        return;
    }
    into_.method = method;
    into_.is_http_1_0 = version < 11;
    take_target(target, failure);
}

/// The target forms of RFC 9112, 3.2.
void request_parser::take_target(std::string_view target, error_code& failure) {
    bool const is_asterisk = target == "*" && into_.method == beast::http::verb::options;
    if (target.starts_with('/') || is_asterisk || into_.method == beast::http::verb::connect) {
        into_.target = target;
        return;
    }
    auto const absolute = parse_absolute_target(target);
    if (!absolute) {
        failure = parse_errc::target_malformed;
        return;
    }
    into_.has_absolute_target = true;
    into_.host = absolute->authority;
    into_.target = absolute->path.starts_with('/') ? "" : "/";
    into_.target += absolute->path;
}

void request_parser::on_field_impl(beast::http::field name, string_view name_text,
                                   string_view value, error_code& failure) {
    if (is_folded(name_text, value)) {
        failure = parse_errc::field_folded;
        return;
    }
    if (in_trailer_) {
        count_trailer(name_text, value, failure);
        return;
    }
    switch (name) {
    case beast::http::field::content_encoding:
        if (!value.empty() && !beast::iequals(value, "identity")) {
            failure = parse_errc::compressed_body;
        }
        break;
    case beast::http::field::content_type:
        into_.content_type.assign(value.data(), value.size());
        break;
    case beast::http::field::expect:
        // HTTP/1.0 has no expectations (RFC 9110, 10.1.1).
        into_.expects_continue = !into_.is_http_1_0 && beast::iequals(value, "100-continue");
        if (!into_.expects_continue && !into_.is_http_1_0) {
            failure = parse_errc::unknown_expectation;
        }
        break;
    case beast::http::field::host:
        take_host(value, failure);
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

void request_parser::take_host(std::string_view value, error_code& failure) {
    if (into_.has_host) {
        failure = parse_errc::host_repeated;
    } else if (!host_rule::is_well_formed(value)) {
        failure = parse_errc::host_malformed;
    }
    into_.has_host = true;
    if (!into_.has_absolute_target) {
        into_.host = value;
    }
}

void request_parser::count_trailer(string_view name, string_view value, error_code& failure) {
    constexpr std::size_t separators = 4; // ": " and CRLF
    trailer_bytes_ += name.size() + value.size() + separators;
    if (trailer_bytes_ > max_header_bytes_) {
        failure = beast::http::error::header_limit;
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

std::string_view version_of(std::string_view head) {
    constexpr std::string_view form = "HTTP/d.d";
    auto const line = head.substr(0, head.find("\r\n"));
    auto const end = line.substr(line.size() - std::min(line.size(), form.size()));
    bool const is_version = std::ranges::equal(end, form, [](char given, char wanted) {
        return wanted == 'd' ? given >= '0' && given <= '9' : given == wanted;
    });
    return is_version ? end : std::string_view{};
}

bool lower_version(std::span<char> head) {
    auto const version = version_of({head.data(), head.size()});
    if (!version.starts_with("HTTP/1.")) {
        return false;
    }
    head[static_cast<std::size_t>(version.data() + version.size() - 1 - head.data())] = '1';
    return true;
}

} // namespace tasker::http
