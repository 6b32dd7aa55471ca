#include "tasker/client/base_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace tasker::client {

namespace {

constexpr std::string_view default_port = "80";

failure refuse(std::string_view url, std::string_view reason) {
    return {.code = errc::invalid_url,
            .message =
                "the URL \"" + std::string{url} + "\" cannot be used: " + std::string{reason}};
}

bool is_port(std::string_view text) {
    std::uint16_t number = 0;
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && number != 0;
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char letter) { return letter > ' ' && letter != 0x7f; });
}

} // namespace

result<base_url> base_url::parse(std::string_view text) {
    auto rest = text;
    if (auto const scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
        auto const scheme = rest.substr(0, scheme_end);
        if (scheme == "https") {
            return refuse(text, "https is not supported; use http and terminate TLS in a proxy");
        }
        if (scheme != "http") {
            return refuse(text, "it must begin with http://");
        }
        rest.remove_prefix(scheme_end + 3);
    }
    if (!is_plain(rest)) {
        return refuse(text, "it contains a blank or a control character");
    }
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return refuse(text, "it must have no query and no fragment");
    }

    base_url url;
    auto const path_begin = std::min(rest.find('/'), rest.size());
    url.prefix = rest.substr(path_begin);
    while (url.prefix.ends_with('/')) {
        url.prefix.pop_back();
    }
    auto const authority = rest.substr(0, path_begin);
    if (authority.find('@') != std::string_view::npos) {
        return refuse(text, "it must have no user name");
    }

    auto port = default_port;
    if (authority.starts_with('[')) {
        auto const close = authority.find(']');
        if (close == std::string_view::npos) {
            return refuse(text, "the bracket of the IPv6 address is not closed");
        }
        url.host = authority.substr(1, close - 1);
        auto const after = authority.substr(close + 1);
        if (!after.empty()) {
            port = after.starts_with(':') ? after.substr(1) : std::string_view{};
        }
    } else {
        auto const colon = std::min(authority.find(':'), authority.size());
        url.host = authority.substr(0, colon);
        if (colon < authority.size()) {
            port = authority.substr(colon + 1);
        }
    }
    if (url.host.empty()) {
        return refuse(text, "the host is missing");
    }
    if (!is_port(port)) {
        return refuse(text, "the port must be a number from 1 to 65535");
    }
    url.port = port;
    return url;
}

std::string base_url::authority() const {
    auto const is_ipv6 = host.find(':') != std::string::npos;
    auto text = is_ipv6 ? '[' + host + ']' : host;
    if (port != default_port) {
        text += ':' + port;
    }
    return text;
}

} // namespace tasker::client
