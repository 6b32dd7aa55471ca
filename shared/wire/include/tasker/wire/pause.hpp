#pragma once

#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/create_task.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// The body of `POST /v1/pause` and `POST /v1/resume`: all tasks of a template, of a namespace, or
/// everything.
struct pause_request {
    std::optional<std::string> name_space;    ///< none: everything
    std::optional<std::string> template_name; ///< all its versions; none: all templates
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(pause_request const&, pause_request const&) = default;
};

/// An empty body is valid.
body_result<pause_request> parse_pause(std::string_view body);

/// Absent values are left out.
void append(std::string& out, pause_request const& request);

/// What is paused: a task, or what a pause_request names.
struct pause_view {
    std::optional<std::string> name_space;
    std::optional<std::string> template_name;
    std::optional<task_id> task;
    timestamp paused_at;
    std::optional<std::string> by;
    std::optional<std::string> reason;

    friend bool operator==(pause_view const&, pause_view const&) = default;
};

/// `{"pauses": […]}`, the oldest first.
struct pauses_view {
    std::vector<pause_view> pauses;

    friend bool operator==(pauses_view const&, pauses_view const&) = default;
};

void append(std::string& out, pauses_view const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<pauses_view> read_pauses(std::string_view json);

} // namespace tasker::wire
