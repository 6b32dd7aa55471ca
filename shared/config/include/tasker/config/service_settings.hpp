#pragma once

#include "tasker/config/config_problem.hpp"
#include "tasker/config/toml_file.hpp"

#include "tasker/log/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The settings that the orchestrator and the worker have in common.

namespace tasker::config {

/// Binds log.level, log.format, TASKER_LOG_LEVEL and TASKER_LOG_FORMAT.
void read_log(reader& from, log::settings& into);

/// The last step of loading: the problems of the sources, then those of `values.validate()`. A key
/// with a wrong type kept its default, so it has only one problem.
template <class Settings>
loaded<Settings> finish(reader& from, Settings values) {
    auto problems = from.finish();
    for (auto& problem : values.validate()) {
        problems.push_back(std::move(problem));
    }
    return {std::move(values), std::move(problems)};
}

// Each of these adds the problems of a setting to `problems`.

void check_range(std::vector<config_problem>& problems, std::string_view path, std::int64_t value,
                 std::int64_t lowest, std::int64_t highest);
/// The key is database.url.
void check_database_url(std::vector<config_problem>& problems, std::string const& url);
/// See host_rule.
void check_host_names(std::vector<config_problem>& problems, std::string_view path,
                      std::vector<std::string> const& hosts);

} // namespace tasker::config
