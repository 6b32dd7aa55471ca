#include "string_format.hpp"

#include "pattern.hpp"

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/json/pointer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <arpa/inet.h>

namespace tasker::json_schema {

namespace {

// Long enough for all formats that are copied before parsing.
constexpr std::size_t longest_moment = 64;

/// A moment of RFC 3339, which allows second 60 only at the end of a day in UTC.
bool is_date_time(std::string_view text) {
    if (text.size() > longest_moment) {
        return false;
    }
    auto const moment = parse_rfc3339(text);
    constexpr std::size_t seconds_at = std::string_view{"2000-01-01T00:00:"}.size();
    return moment && (text.substr(seconds_at, 2) != "60" ||
                      std::chrono::floor<std::chrono::seconds>(*moment) ==
                          std::chrono::floor<std::chrono::days>(*moment));
}

bool is_date(std::string_view text) {
    return text.size() == std::string_view{"2000-01-01"}.size() &&
           is_date_time(std::string{text}.append("T00:00:00Z"));
}

bool is_time(std::string_view text) {
    return text.size() <= longest_moment && is_date_time(std::string{"2000-01-01T"}.append(text));
}

template <int Family>
bool is_address(std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    return text.size() < INET6_ADDRSTRLEN &&
           inet_pton(Family, std::string{text}.c_str(), parsed.data()) == 1;
}

bool is_idn_email(std::string_view text) {
    static pattern const form{
        R"(^[^@\s"(),.:;<>\[\]\\]+(\.[^@\s"(),.:;<>\[\]\\]+)*@[^@\s"(),.:;<>\[\]\\]+(\.[^@\s"(),.:;<>\[\]\\]+)*$)"};
    return text.size() <= 254 && form.matches(text);
}

bool is_email(std::string_view text) {
    static pattern const domain{R"(@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$)"};
    return is_idn_email(text) && domain.matches(text);
}

bool is_hostname(std::string_view text) {
    static pattern const form{
        "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}"
        "[A-Za-z0-9])?)*$"};
    return text.size() <= 253 && form.matches(text);
}

bool is_uri_reference(std::string_view text) {
    static pattern const form{R"(^([!#-$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})*$)"};
    return form.matches(text);
}

bool is_uri(std::string_view text) {
    static pattern const scheme{"^[A-Za-z][A-Za-z0-9+.-]*:"};
    return scheme.matches(text) && is_uri_reference(text);
}

bool is_relative_json_pointer(std::string_view text) {
    static pattern const levels{"^(0|[1-9][0-9]*)(#?$|/)"};
    return levels.matches(text) &&
           (text.ends_with('#') ||
            json::is_pointer(text.substr(std::min(text.find('/'), text.size()))));
}

bool is_regex(std::string_view text) {
    return pattern{text}.problem().empty();
}

bool is_uuid(std::string_view text) {
    return task_id::parse(text).has_value();
}

constexpr std::array formats{
    string_format{"date", is_date},
    string_format{"date-time", is_date_time},
    string_format{"email", is_email},
    string_format{"hostname", is_hostname},
    string_format{"idn-email", is_idn_email},
    string_format{"ipv4", is_address<AF_INET>},
    string_format{"ipv6", is_address<AF_INET6>},
    string_format{"json-pointer", json::is_pointer},
    string_format{"regex", is_regex},
    string_format{"relative-json-pointer", is_relative_json_pointer},
    string_format{"time", is_time},
    string_format{"uri", is_uri},
    string_format{"uri-reference", is_uri_reference},
    string_format{"uuid", is_uuid},
};

constexpr auto names = [] {
    std::array<std::string_view, formats.size()> out{};
    std::ranges::transform(formats, out.begin(), &string_format::name);
    return out;
}();

} // namespace

std::span<std::string_view const> format_names() {
    return names;
}

string_format const* find_format(std::string_view name) {
    auto const* const found = std::ranges::find(formats, name, &string_format::name);
    return found == formats.end() ? nullptr : found;
}

} // namespace tasker::json_schema
