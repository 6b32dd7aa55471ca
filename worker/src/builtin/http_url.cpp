#include "builtin/http_url.hpp"

#include <algorithm>
#include <charconv>

namespace tasker::worker {

namespace {

error refused(char const* problem) {
    return make_error(errc::invalid_argument, problem);
}

} // namespace

result<http_url> parse_http_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (url.starts_with("https://")) {
        return refused("must begin with http://: this worker speaks no TLS; let a local proxy, or "
                       "a handler of your own, do that");
    }
    if (!url.starts_with(scheme)) {
        return refused("must begin with http://");
    }
    if (std::ranges::any_of(url, [](char each) { return each <= ' ' || each == '\x7f'; })) {
        return refused("must not contain blanks or control characters");
    }
    url = url.substr(scheme.size());
    url = url.substr(0, url.find('#'));
    auto const authority = url.substr(0, url.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) {
        return refused("must not contain a name or a password; use a header");
    }
    http_url parsed;
    parsed.authority = authority;
    auto const rest = url.substr(authority.size());
    parsed.target = rest.starts_with('/') ? std::string{rest} : '/' + std::string{rest};

    auto const colon = authority.rfind(':');
    auto const has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    auto host = authority.substr(0, has_port ? colon : authority.size());
    if (has_port) {
        auto const digits = authority.substr(colon + 1);
        auto const* const end = digits.data() + digits.size();
        auto const [stopped, failure] = std::from_chars(digits.data(), end, parsed.port);
        if (failure != std::errc{} || stopped != end || parsed.port == 0) {
            return refused("must have a port from 1 to 65535");
        }
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.empty()) {
        return refused("must name a host");
    }
    parsed.host = host;
    return parsed;
}

} // namespace tasker::worker
