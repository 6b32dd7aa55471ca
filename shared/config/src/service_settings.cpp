#include "tasker/config/service_settings.hpp"

#include "tasker/base/host_rule.hpp"

#include <fmt/format.h>

#include <utility>

namespace tasker::config {

void read_log(reader& from, log::settings& into) {
    from.get("log.level", into.threshold, log::parse_level, "debug, info, warn, error");
    from.get("log.format", into.output, log::parse_format, "console, json");
    from.env("TASKER_LOG_LEVEL", into.threshold, log::parse_level, "debug, info, warn, error");
    from.env("TASKER_LOG_FORMAT", into.output, log::parse_format, "console, json");
}

void check_range(std::vector<config_problem>& problems, std::string_view path, std::int64_t value,
                 std::int64_t lowest, std::int64_t highest) {
    if (value < lowest || value > highest) {
        problems.push_back({std::string{path},
                            fmt::format("must be from {} to {}, not {}", lowest, highest, value)});
    }
}

void check_database_url(std::vector<config_problem>& problems, std::string const& url) {
    if (url.empty()) {
        problems.push_back({"database.url", "must be set here, in DATABASE_URL or by "
                                            "--database-url"});
    }
}

void check_host_names(std::vector<config_problem>& problems, std::string_view path,
                      std::vector<std::string> const& hosts) {
    for (auto const& host : hosts) {
        if (auto problem = host_rule::name_problem(host)) {
            problems.push_back({std::string{path}, std::move(*problem)});
        }
    }
}

} // namespace tasker::config
