#pragma once

#include "tasker/worker/step_result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// A child task that a handler asks for.
struct child_task {
    std::string key;  ///< 1 to 255 bytes, unique in the answer; names the child's result
    std::string name; ///< of the template
    std::optional<std::string> name_space = {};        ///< none: that of the handler's task
    std::optional<std::string> version = {};           ///< none: the highest that is registered
    nlohmann::json context = nlohmann::json::object(); ///< an object
    std::optional<std::int16_t> priority = {};         ///< 1 to 4; none: that of the handler's task
};

/// What becomes of the step when a child task fails or is cancelled.
enum class on_child_failure : std::uint8_t {
    fail,    ///< it fails, and is retried by its template's rules; open children are cancelled
    collect, ///< nothing: the result has null under the child's key
};

inline constexpr std::size_t max_children = 10'000;

/// The result of a handler that lets child tasks do the work: the step waits for them, without this
/// worker, and its result is {"<key>": <the child's result>, …}. The handler is called again only
/// if the step is retried; children that were complete under the same key are then used again.
///
///     return children({{.key = "a", .name = "resize", .context = {{"file", "a.png"}}}});
///
/// Errors: throws permanent_failure of type "invalid_children" if a child breaks the rules above.
step_result children(std::vector<child_task> const& wanted,
                     on_child_failure rule = on_child_failure::fail);

/// The same from JSON: a list of {"key", "template": {"name", "namespace", "version"}, "context",
/// "priority"}; `template` may also be the name. Contexts keep their text.
/// REQUIRES: the text is JSON.
step_result children_from_json(std::string_view list, on_child_failure rule);

} // namespace tasker::worker
