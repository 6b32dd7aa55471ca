#include "tasker/orchestration/settings.hpp"

#include "tasker/config/service_settings.hpp"
#include "tasker/model/names.hpp"

#include <utility>

namespace tasker::orchestration {

namespace {

constexpr std::int64_t mebibyte = 1'048'576;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t most_days = 36'500;

/// All keys of the file; the only place that lists the paths.
template <class Settings, class Visit>
void each_number(Settings& s, Visit visit) {
    visit("http.max_connections", s.http.max_connections, 1, 100'000);
    visit("http.max_header_bytes", s.http.max_header_bytes, 1'024, mebibyte);
    visit("http.max_body_bytes", s.http.max_body_bytes, 1'024, 64 * mebibyte);
    visit("http.max_batch_body_bytes", s.http.max_batch_body_bytes, 1'024, 256 * mebibyte);
    visit("http.max_template_body_bytes", s.http.max_template_body_bytes, 1'024, 16 * mebibyte);
    visit("http.max_received_bytes", s.http.max_received_bytes, mebibyte, 65'536 * mebibyte);
    visit("http.request_timeout_ms", s.http.request_timeout_ms, 10, day_ms);
    visit("http.idle_timeout_ms", s.http.idle_timeout_ms, 10, day_ms);
    visit("database.pool_size", s.database.pool_size, 1, 100);
    visit("database.timeout_ms", s.database.timeout_ms, 10, 600'000);
    visit("database.startup_timeout_ms", s.database.startup_timeout_ms, 0, day_ms);
    visit("creation.max_batch", s.creation.max_batch, 1, 10'000);
    visit("creation.max_in_flight", s.creation.max_in_flight, 1, 100);
    visit("creation.max_waiting", s.creation.max_waiting, 1, 1'000'000);
    visit("wait.max_waiting", s.wait.max_waiting, 1, 1'000'000);
    visit("wait.poll_ms", s.wait.poll_ms, 10, 600'000);
    visit("due.max_batch", s.due.max_batch, 1, 10'000);
    visit("due.poll_ms", s.due.poll_ms, 10, 600'000);
    visit("templates.max_cached", s.templates.max_cached, 1, 1'000'000);
    visit("templates.latest_ttl_ms", s.templates.latest_ttl_ms, 0, 600'000);
    visit("retention.complete_days", s.retention.complete, 0, most_days);
    visit("retention.failed_days", s.retention.failed, 0, most_days);
    visit("retention.cancelled_days", s.retention.cancelled, 0, most_days);
    visit("retention.workers_days", s.retention.workers, 0, most_days);
    visit("sweep.interval_seconds", s.sweep.interval_s, 0, day_ms / 1'000);
    visit("stop_timeout_ms", s.stop_timeout_ms, 0, 3'600'000);
}

void read(config::reader& from, settings& into) {
    each_number(into, [&](std::string_view path, std::int64_t& value, std::int64_t, std::int64_t) {
        from.get(path, value);
    });
    from.get("http.listen", into.http.listen);
    from.get("http.allow_origin", into.http.allow_origin);
    from.get("http.allowed_hosts", into.http.allowed_hosts);
    from.get("database.url", into.database.url);
    from.get("environment", into.environment);

    from.env("DATABASE_URL", into.database.url);
    from.env("TASKER_ORCHESTRATOR_LISTEN", into.http.listen);
    from.env("TASKER_ORCHESTRATOR_ALLOWED_HOSTS", into.http.allowed_hosts);
    from.env("TASKER_ENV", into.environment);
    config::read_log(from, into.log);
}

/// An origin goes into a header field unchanged.
bool is_origin(std::string const& text) {
    for (char const c : text) {
        if (c <= ' ' || c > '~') {
            return false;
        }
    }
    return true;
}

} // namespace

std::vector<config::config_problem> settings::validate() const {
    std::vector<config::config_problem> problems;
    each_number(*this, [&problems](auto... number) { config::check_range(problems, number...); });
    config::check_database_url(problems, database.url);
    if (http.listen.empty()) {
        problems.push_back({"http.listen", "must be host:port"});
    }
    if (!is_origin(http.allow_origin)) {
        problems.push_back({"http.allow_origin", "must be \"*\" or an origin, as in "
                                                 "\"https://example.org\""});
    }
    config::check_host_names(problems, "http.allowed_hosts", http.allowed_hosts);
    if (auto problem = model::name_problem(environment)) {
        problems.push_back({"environment", std::move(*problem)});
    }
    if (creation.max_in_flight > database.pool_size) {
        problems.push_back({"creation.max_in_flight", "must not exceed database.pool_size"});
    }
    return problems;
}

config::loaded<settings> load_settings(setting_overrides const& overrides) {
    settings values;
    auto from = overrides.file ? config::reader::open(*overrides.file) : config::reader::empty();
    read(from, values);
    values.database.url = overrides.database_url.value_or(values.database.url);
    values.http.listen = overrides.listen.value_or(values.http.listen);
    values.environment = overrides.environment.value_or(values.environment);
    return config::finish(from, std::move(values));
}

} // namespace tasker::orchestration
