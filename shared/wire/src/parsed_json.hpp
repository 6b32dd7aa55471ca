#pragma once

#include "tasker/wire/create_task.hpp"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// What is wrong with the escapes in JSON that is otherwise valid: `\u0000`, or a half of a
/// surrogate pair. PostgreSQL stores neither.
std::optional<std::string> escape_problem(std::string_view json);

/// What is wrong with the bytes as JSON; none if all is well. `padded` is `json` with the padding
/// that simdjson asks for.
std::optional<std::string> json_problem(simdjson::padded_string_view padded);

/// Checks `json` and, if all is well, calls `use` with a padded copy of it, which lives until `use`
/// returns. Returns the problem otherwise.
template <class Use>
std::optional<std::string> with_parsed_json(std::string_view json, Use use) {
    auto const capacity = json.size() + simdjson::SIMDJSON_PADDING;
    auto const buffer = std::make_unique_for_overwrite<char[]>(capacity);
    if (!json.empty()) {
        std::memcpy(buffer.get(), json.data(), json.size());
    }
    std::memset(buffer.get() + json.size(), 0, simdjson::SIMDJSON_PADDING);
    simdjson::padded_string_view const padded(buffer.get(), json.size(), capacity);
    if (auto problem = json_problem(padded)) {
        return problem;
    }
    use(padded);
    return std::nullopt;
}

} // namespace tasker::wire
