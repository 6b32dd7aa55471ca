#include "string_format.hpp"

#include "pattern.hpp"

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <arpa/inet.h>

namespace tasker::json_schema {

namespace {

constexpr std::array<std::string_view, 9> names{"date", "date-time", "email", "hostname", "ipv4",
                                                "ipv6", "time",      "uri",   "uuid"};

// Long enough for all formats that are copied before parsing.
constexpr std::size_t longest_moment = 64;

bool is_moment(std::string_view before, std::string_view text, std::string_view after) {
    return text.size() <= longest_moment &&
           parse_rfc3339(std::string{before}.append(text).append(after)).has_value();
}

bool is_address(std::string_view text, int family) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    return text.size() < INET6_ADDRSTRLEN &&
           inet_pton(family, std::string{text}.c_str(), parsed.data()) == 1;
}

bool is_date(std::string_view text) {
    return text.size() == std::string_view{"2000-01-01"}.size() &&
           is_moment("", text, "T00:00:00Z");
}

bool is_email(std::string_view text) {
    static pattern const form{R"(^[^@\s"(),:;<>\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$)"};
    return text.size() <= 254 && form.matches(text);
}

bool is_hostname(std::string_view text) {
    static pattern const form{
        "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}"
        "[A-Za-z0-9])?)*$"};
    return text.size() <= 253 && form.matches(text);
}

bool is_uri(std::string_view text) {
    static pattern const form{R"(^[A-Za-z][A-Za-z0-9+.-]*:([!#-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})*$)"};
    return form.matches(text);
}

} // namespace

std::span<std::string_view const> format_names() {
    return names;
}

std::optional<string_format> parse_format(std::string_view name) {
    auto const found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt
                                : std::optional{static_cast<string_format>(found - names.begin())};
}

std::string_view to_string(string_format format) {
    return names[static_cast<std::size_t>(format)];
}

bool has_format(std::string_view text, string_format format) {
    switch (format) {
    case string_format::date:
        return is_date(text);
    case string_format::date_time:
        return is_moment("", text, "");
    case string_format::email:
        return is_email(text);
    case string_format::hostname:
        return is_hostname(text);
    case string_format::ipv4:
        return is_address(text, AF_INET);
    case string_format::ipv6:
        return is_address(text, AF_INET6);
    case string_format::time:
        return is_moment("2000-01-01T", text, "");
    case string_format::uri:
        return is_uri(text);
    case string_format::uuid:
        return task_id::parse(text).has_value();
    }
    return false;
}

} // namespace tasker::json_schema
