#pragma once

#include "tasker/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// `POST /v1/tasks/prune`: what one batch deleted.
struct prune_view {
    std::int32_t tasks = 0;                 ///< child tasks included
    std::optional<std::string> next_cursor; ///< none: this was the last batch

    friend bool operator==(prune_view const&, prune_view const&) = default;
};

void append(std::string& out, prune_view const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<prune_view> read_prune_view(std::string_view json);

/// `DELETE /v1/tasks/{task_id}`: `{"tasks":2}`
struct erase_view {
    std::int32_t tasks = 0; ///< child tasks included

    friend bool operator==(erase_view const&, erase_view const&) = default;
};

void append(std::string& out, erase_view const& shown);
result<erase_view> read_erase_view(std::string_view json);

} // namespace tasker::wire
