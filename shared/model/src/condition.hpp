#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// The variables of a condition, without `$`.
inline constexpr std::string_view when_variables[]{"context"};
inline constexpr std::string_view until_variables[]{"context", "result", "iteration"};

/// What can be found out about a condition without PostgreSQL, which checks its syntax
/// when the template is registered. A condition is an SQL/JSON path of PostgreSQL 14;
/// docs/templates.md names the rest of the rules.
struct condition_facts {
    std::optional<std::string> problem; ///< a sentence without its subject: "must …"
    std::vector<std::string> parents;   ///< the members of `$` that it reads
};

/// `text`: UTF-8.
condition_facts examine_condition(std::string_view text,
                                  std::span<std::string_view const> variables);

/// For `when`, `map` and `repeat.until`.
std::optional<std::string> when_problem(std::string_view text);
std::optional<std::string> until_problem(std::string_view text);

} // namespace tasker::model
