#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// What can be found out about a condition (`when`) without PostgreSQL, which checks its syntax
/// when the template is registered. A condition is an SQL/JSON path of PostgreSQL 14;
/// docs/templates.md names the rest of the rules.
struct condition_facts {
    std::optional<std::string> problem; ///< a sentence without its subject: "must …"
    std::vector<std::string> parents;   ///< the members of `$` that it reads
};

/// `text`: UTF-8.
condition_facts examine_condition(std::string_view text);

std::optional<std::string> condition_problem(std::string_view text);

} // namespace tasker::model
