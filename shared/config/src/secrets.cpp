#include "tasker/config/secrets.hpp"

#include <cstddef>

namespace tasker::config {

namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view spaces = " \t\r\n";

/// libpq decodes the keys of a URI, so a key with "%" may be any of them.
bool is_secret(std::string_view key) {
    return key == "password" || key == "sslpassword" || key.find('%') != std::string_view::npos;
}

/// "user:secret@" and "?password=secret" in scheme://….
std::string mask_uri(std::string_view uri, std::size_t authority) {
    std::string out{uri.substr(0, authority)};

    // libpq takes a raw "?", "/" or "@" as part of a password, so all up to the last "@" may be
    // one.
    std::size_t const at = uri.rfind('@');
    std::size_t const start = uri.find_first_of(":?", authority);
    std::size_t rest = authority;
    if (at != std::string_view::npos && start < at) {
        out.append(uri.substr(authority, start + 1 - authority)).append(mask);
        rest = at;
    }
    std::size_t const query = std::min(uri.find('?', rest), uri.size());
    out += uri.substr(rest, query - rest);

    std::string_view parameters = uri.substr(query);
    while (!parameters.empty()) {
        std::size_t const end = std::min(parameters.find('&', 1), parameters.size());
        std::string_view const parameter = parameters.substr(0, end);
        std::size_t const equals = parameter.find('=');
        if (equals != std::string_view::npos && is_secret(parameter.substr(1, equals - 1))) {
            out.append(parameter.substr(0, equals + 1)).append(mask);
        } else {
            out += parameter;
        }
        parameters.remove_prefix(end);
    }
    return out;
}

/// Where the value at the start of `text` ends: at the closing quote, or at a space.
std::size_t value_size(std::string_view text) {
    bool const quoted = text.starts_with('\'');
    std::size_t i = quoted ? 1 : 0;
    for (; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (quoted && text[i] == '\'') {
            return i + 1;
        } else if (!quoted && spaces.find(text[i]) != std::string_view::npos) {
            return i;
        }
    }
    return text.size();
}

/// key=value pairs as libpq reads them: spaces may stand around "=", values may be quoted.
std::string mask_pairs(std::string_view pairs) {
    std::string out;
    while (true) {
        std::size_t const key_start = pairs.find_first_not_of(spaces);
        if (key_start == std::string_view::npos) {
            return out.append(pairs);
        }
        std::size_t const key_end = pairs.find_first_of(" \t\r\n=", key_start);
        std::size_t const equals =
            key_end == std::string_view::npos ? key_end : pairs.find_first_not_of(spaces, key_end);
        if (equals == std::string_view::npos || pairs[equals] != '=') {
            // Not a connection string; whatever follows may be the secret.
            return out.append(pairs.substr(0, key_start)).append(mask);
        }
        std::size_t const value =
            std::min(pairs.find_first_not_of(spaces, equals + 1), pairs.size());
        std::size_t const size = value_size(pairs.substr(value));
        bool const secret = is_secret(pairs.substr(key_start, key_end - key_start));
        out.append(pairs.substr(0, value)).append(secret ? mask : pairs.substr(value, size));
        pairs.remove_prefix(value + size);
    }
}

} // namespace

std::string mask_secrets(std::string_view dsn) {
    std::size_t const scheme = dsn.find("://");
    std::size_t const space_or_equals = dsn.find_first_of(" =");
    return scheme < space_or_equals ? mask_uri(dsn, scheme + 3) : mask_pairs(dsn);
}

} // namespace tasker::config
