#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace tasker::orchestration {

/// The description of the API that the orchestrator serves.
nlohmann::json const& document();

/// The problems of the value by a schema of the description; empty: none.
std::string problems(nlohmann::json const& value, nlohmann::json const& schema);

} // namespace tasker::orchestration
