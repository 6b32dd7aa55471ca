#include "tasker/pg/dsn.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace tasker::pg {
namespace {

struct free_options {
    void operator()(PQconninfoOption* options) const noexcept {
        PQconninfoFree(options);
    }
};

std::string_view value_of(dsn_settings const& settings, char const* keyword) {
    auto const found = settings.find(keyword);
    return found == settings.end() ? std::string_view{} : found->second;
}

/// The name of an abstract socket begins with @; a host name cannot contain any other @.
bool is_host_list(std::string_view hosts) {
    for (std::size_t at = hosts.find('@'); at != std::string_view::npos;
         at = hosts.find('@', at + 1)) {
        if (at > 0 && hosts[at - 1] != ',') {
            return false;
        }
    }
    return true;
}

bool holds_a_part_of_the_password(dsn_settings const& settings) {
    return !is_host_list(value_of(settings, "host")) ||
           value_of(settings, "port").find_first_not_of("0123456789,") != std::string_view::npos ||
           value_of(settings, "dbname").find('@') != std::string_view::npos;
}

bool is_plain(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_-.,:/"}.find(c) != std::string_view::npos;
    });
}

} // namespace

result<dsn_settings> parse_dsn(std::string const& dsn) {
    std::unique_ptr<PQconninfoOption, free_options> const parsed{
        PQconninfoParse(dsn.c_str(), nullptr)};
    if (!parsed) {
        // libpq's own message would quote part of the text, which may be the password.
        return make_error(tasker::errc::invalid_argument,
                          "the database URL is neither a valid postgresql:// URI nor a list of "
                          "valid key=value pairs");
    }
    dsn_settings settings;
    for (auto const* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            settings[option->keyword] = option->val;
        }
    }
    if (holds_a_part_of_the_password(settings)) {
        return make_error(tasker::errc::invalid_argument,
                          "the database URL has an invalid host, port or database name: "
                          "in a password, write @ as %40, / as %2F and ? as %3F");
    }
    return settings;
}

std::string describe_dsn(std::string const& dsn) {
    auto const settings = parse_dsn(dsn);
    if (!settings) {
        return "(not a valid database URL)";
    }
    std::string text;
    for (char const* const keyword : {"host", "hostaddr", "port", "dbname", "user"}) {
        if (auto const value = value_of(*settings, keyword); !value.empty()) {
            text += text.empty() ? "" : " ";
            text.append(keyword).append("=").append(is_plain(value) ? value : "(not shown)");
        }
    }
    return text.empty() ? "(libpq's defaults)" : text;
}

std::optional<error> final_refusal(std::string_view message) {
    // PgBouncer, SQLSTATE 08P01. libpq does not report the SQLSTATE of a failure to connect.
    if (message.find("unsupported startup parameter") == std::string_view::npos) {
        return std::nullopt;
    }
    return make_error(tasker::errc::invalid_argument,
                      "the pooler refuses a setting of the database URL: remove `options` from the "
                      "URL, or set `ignore_startup_parameters = options` in pgbouncer.ini");
}

} // namespace tasker::pg
