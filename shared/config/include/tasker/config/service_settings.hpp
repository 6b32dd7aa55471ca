#pragma once

#include "tasker/config/config_problem.hpp"
#include "tasker/config/toml_file.hpp"

#include "tasker/log/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The settings that the orchestrator and the worker have in common.

namespace tasker::config {

/// Binds log.level, log.format, TASKER_LOG_LEVEL and TASKER_LOG_FORMAT.
void read_log(reader& from, log::settings& into);

// Each of these adds the problems of a setting to `problems`.

void check_range(std::vector<config_problem>& problems, std::string_view path, std::int64_t value,
                 std::int64_t lowest, std::int64_t highest);
/// The key is database.url.
void check_database_url(std::vector<config_problem>& problems, std::string const& url);
/// See host_rule.
void check_host_names(std::vector<config_problem>& problems, std::string_view path,
                      std::vector<std::string> const& hosts);

} // namespace tasker::config
