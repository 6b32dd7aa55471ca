#include "tasker/worker/settings.hpp"

#include "builtin/http_url.hpp"

#include "tasker/config/service_settings.hpp"
#include "tasker/model/names.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::int64_t mebibyte = 1'048'576;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::size_t max_namespaces = 100;
constexpr std::size_t max_name_length = 200;
constexpr std::size_t least_secret_bytes = 16;
constexpr std::size_t most_secret_bytes = 1'024;
constexpr char const* secrets_variable = "TASKER_WEBHOOK_SECRETS";

/// All numeric keys; the only place that lists their paths.
template <class Settings, class Visit>
void each_number(Settings& s, Visit visit) {
    visit("database.report_connections", s.database.report_connections, 1, 16);
    visit("database.startup_timeout_ms", s.database.startup_timeout_ms, 0, day_ms);
    visit("concurrency", s.concurrency, 1, 1'024);
    visit("max_prefetch", s.max_prefetch, 0, 10'000);
    visit("lease_seconds", s.lease_seconds, 3, 86'400);
    visit("poll_ms", s.poll_ms, 10, 600'000);
    visit("shutdown_grace_ms", s.shutdown_grace_ms, 0, day_ms);
    visit("max_result_bytes", s.max_result_bytes, 1'024, 64 * mebibyte);
    visit("http.timeout_ms", s.http.timeout_ms, 1, day_ms);
    visit("http.max_response_bytes", s.http.max_response_bytes, 1'024, 256 * mebibyte);
    visit("shell.max_output_bytes", s.shell.max_output_bytes, 1'024, 256 * mebibyte);
    visit("shell.kill_after_ms", s.shell.kill_after_ms, 0, day_ms);
}

std::optional<address_policy> parse_address_policy(std::string_view word) {
    if (word == "refuse") {
        return address_policy::refuse;
    }
    return word == "allow" ? std::optional{address_policy::allow} : std::nullopt;
}

void read(config::reader& from, settings& into) {
    each_number(into, [&](std::string_view path, std::int64_t& value, std::int64_t, std::int64_t) {
        from.get(path, value);
    });
    from.get("database.url", into.database.url);
    from.get("namespaces", into.namespaces);
    from.get("name", into.name);
    from.get("health.listen", into.health.listen);
    from.get("health.allowed_hosts", into.health.allowed_hosts);
    from.get("http.private_addresses", into.http.private_addresses, parse_address_policy,
             "refuse, allow");
    from.get("http.allowed_hosts", into.http.allowed_hosts);
    from.get("webhooks.secrets", into.webhooks.secrets);
    from.get("shell.enabled", into.shell.enabled);
    from.get("shell.environment", into.shell.environment);

    from.env("DATABASE_URL", into.database.url);
    from.env("TASKER_NAMESPACES", into.namespaces);
    from.env("TASKER_WORKER_LISTEN", into.health.listen);
    from.env("TASKER_WORKER_ALLOWED_HOSTS", into.health.allowed_hosts);
    from.env("TASKER_HTTP_PRIVATE_ADDRESSES", into.http.private_addresses, parse_address_policy,
             "refuse, allow");
    from.env(secrets_variable, into.webhooks.secrets);
    config::read_log(from, into.log);
}

void check_namespaces(std::vector<std::string> const& name_spaces,
                      std::vector<config::config_problem>& problems) {
    if (name_spaces.empty() || name_spaces.size() > max_namespaces) {
        problems.push_back({"namespaces", "must name from 1 to " + std::to_string(max_namespaces)});
    }
    std::set<std::string_view> seen;
    for (auto const& each : name_spaces) {
        auto problem = model::namespace_problem(each);
        if (!problem && !seen.insert(each).second) {
            problem = "must not be named twice";
        }
        if (problem) {
            problems.push_back({"namespaces", '"' + each + "\" " + *problem});
        }
    }
}

void check_hosts(std::vector<std::string> const& hosts,
                 std::vector<config::config_problem>& problems) {
    for (auto const& each : hosts) {
        auto const is_v6 = each.find(':') != std::string::npos;
        auto const url = parse_http_url("http://" + (is_v6 ? '[' + each + ']' : each));
        if (!url || url->host != each) {
            problems.push_back(
                {"http.allowed_hosts", '"' + each +
                                           "\" must be a host name in lower case or an IP "
                                           "address, without scheme, port and path"});
        }
    }
}

/// Without the secrets themselves.
void check_secrets(config::texts_by_name const& secrets,
                   std::vector<config::config_problem>& problems) {
    for (auto const& [name, secret] : secrets) {
        if (auto const problem = model::name_problem(name)) {
            problems.push_back({"webhooks.secrets", "a name " + *problem});
        }
        if (secret.size() < least_secret_bytes || secret.size() > most_secret_bytes) {
            problems.push_back({"webhooks.secrets." + name,
                                "must have " + std::to_string(least_secret_bytes) + " to " +
                                    std::to_string(most_secret_bytes) + " bytes"});
        }
    }
}

/// Variables with secrets, which commands must not get.
void check_environment(std::vector<std::string> const& passed,
                       std::vector<config::config_problem>& problems) {
    if (std::ranges::find(passed, "DATABASE_URL") != passed.end()) {
        problems.push_back(
            {"shell.environment", "must not pass DATABASE_URL, with its password, to commands"});
    }
    if (std::ranges::find(passed, secrets_variable) != passed.end()) {
        problems.push_back({"shell.environment",
                            std::string{"must not pass "} + secrets_variable + " to commands"});
    }
}

} // namespace

std::vector<config::config_problem> settings::validate() const {
    std::vector<config::config_problem> problems;
    each_number(*this, [&problems](auto... number) { config::check_range(problems, number...); });
    if (poll_ms / 1000 >= lease_seconds) {
        auto const seconds = std::to_string(lease_seconds);
        problems.push_back({"poll_ms", "must be below lease_seconds (" + seconds + ", which is " +
                                           seconds + "000 ms), not " + std::to_string(poll_ms)});
    }
    config::check_database_url(problems, database.url);
    check_namespaces(namespaces, problems);
    check_hosts(http.allowed_hosts, problems);
    if (name.size() > max_name_length) {
        problems.push_back(
            {"name", "must have at most " + std::to_string(max_name_length) + " bytes"});
    }
    config::check_host_names(problems, "health.allowed_hosts", health.allowed_hosts);
    check_secrets(webhooks.secrets, problems);
    check_environment(shell.environment, problems);
    return problems;
}

config::loaded<settings> load_settings(setting_overrides const& overrides) {
    settings values;
    auto from = overrides.file ? config::reader::open(*overrides.file) : config::reader::empty();
    read(from, values);
    values.database.url = overrides.database_url.value_or(values.database.url);
    values.health.listen = overrides.listen.value_or(values.health.listen);
    values.namespaces = overrides.namespaces.value_or(values.namespaces);
    values.concurrency = overrides.concurrency.value_or(values.concurrency);
    values.name = overrides.name.value_or(values.name);
    values.lease_seconds = overrides.lease_seconds.value_or(values.lease_seconds);
    values.shutdown_grace_ms = overrides.shutdown_grace_ms.value_or(values.shutdown_grace_ms);
    return config::finish(from, std::move(values));
}

} // namespace tasker::worker
