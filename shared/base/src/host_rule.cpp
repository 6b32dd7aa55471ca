#include "tasker/base/host_rule.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tasker {

namespace {

constexpr std::size_t max_name_bytes = 255;
constexpr std::size_t max_port_digits = 5;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// "example.org." is the absolute form of the same name.
std::string_view without_last_dot(std::string_view name) {
    return name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0));
}

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return out;
}

bool is_address(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    return text.find('\0') == std::string_view::npos &&
           inet_pton(family, std::string{text}.c_str(), ignored.data()) == 1;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= max_name_bytes && is_alphanumeric(text.front()) &&
           std::ranges::all_of(
               text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

struct host_and_port {
    std::string_view host;
    std::string_view port; ///< with its colon; may be empty
};

host_and_port split(std::string_view authority) {
    auto const bracket = authority.starts_with('[') ? authority.find(']') : 0;
    auto const colon = std::min(authority.find(':', bracket), authority.size());
    return {authority.substr(0, colon), authority.substr(colon)};
}

bool is_port(std::string_view text) {
    return text.empty() || (text.size() <= 1 + max_port_digits && text.starts_with(':') &&
                            std::ranges::all_of(text.substr(1), is_digit));
}

} // namespace

host_rule::host_rule(std::string_view setting, std::vector<std::string> names)
    : setting_{setting},
      names_{std::move(names)} {
    for (auto& each : names_) {
        each = lower_case(without_last_dot(each));
    }
}

bool host_rule::admits(std::string_view authority) const {
    auto const host = split(authority).host;
    if (host.empty() || host.starts_with('[') || is_address(AF_INET, host)) {
        return true;
    }
    auto const name = lower_case(without_last_dot(host));
    return name == "localhost" || std::ranges::find(names_, name) != names_.end();
}

std::string host_rule::refusal(std::string_view authority) const {
    return "host \"" + std::string{authority} +
           "\" is not allowed; use the IP address or localhost, or add the name to " + setting_;
}

bool host_rule::is_well_formed(std::string_view authority) {
    auto const [host, port] = split(authority);
    if (host.starts_with('[')) {
        return host.ends_with(']') && is_port(port) &&
               is_address(AF_INET6, host.substr(1, host.size() - 2));
    }
    return authority.empty() || (is_name(host) && is_port(port));
}

std::optional<std::string> host_rule::name_problem(std::string_view text) {
    if (is_name(text)) {
        return std::nullopt;
    }
    return '"' + std::string{text} +
           "\" must be a host name without scheme and port, as in "
           "\"tasker.example.org\"";
}

std::optional<absolute_target> parse_absolute_target(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (lower_case(target.substr(0, scheme.size())) != scheme) {
        return std::nullopt;
    }
    auto const rest = target.substr(scheme.size());
    auto const authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.empty() || !host_rule::is_well_formed(authority)) {
        return std::nullopt;
    }
    return absolute_target{authority, rest.substr(authority.size())};
}

} // namespace tasker
