#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/page.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Dead letters: failed tasks that are no child tasks.

namespace tasker::wire {

/// The most tasks of one `POST /v1/dead-letters/requeue` or `/discard`.
inline constexpr std::int32_t max_dead_letters = 500;

/// Absent filters match everything.
struct dead_letter_filter {
    std::optional<std::string> name_space = {};    ///< "namespace"
    std::optional<std::string> template_name = {}; ///< "template"
    std::optional<std::string> step = {};          ///< the name of the step that failed
    std::optional<std::string> error_type = {};
    std::optional<timestamp> failed_before = {};

    friend bool operator==(dead_letter_filter const&, dead_letter_filter const&) = default;
};

/// A problem of the type of an error.
std::optional<std::string> error_type_problem(std::string_view type);

/// A failed task, and why it failed.
struct dead_letter {
    task_id id; ///< "task_id"
    std::string name_space;
    std::string template_name;
    std::string template_version; ///< "version"
    timestamp failed_at;
    std::optional<std::string> step;  ///< none: the task itself failed
    std::int32_t attempts = 0;        ///< of the step
    std::string reason;               ///< see tasker.failures_of
    std::optional<std::string> error; ///< JSON

    friend bool operator==(dead_letter const&, dead_letter const&) = default;
};

/// `{"dead_letters":[…],"next_cursor":…}`
void append(std::string& out, page<dead_letter> const& letters);
result<page<dead_letter>> read_dead_letter_page(std::string_view json);

/// Dead letters of the same template, step, type of error and reason.
struct dead_letter_group {
    std::string name_space;
    std::string template_name;
    std::optional<std::string> step;
    std::optional<std::string> error_type;
    std::string reason;
    std::int64_t count = 0;
    timestamp oldest_at;
    timestamp newest_at;
    task_id example; ///< "example_task_id": the one that failed last

    friend bool operator==(dead_letter_group const&, dead_letter_group const&) = default;
};

/// `GET /v1/dead-letters/groups`
struct dead_letter_groups {
    std::int64_t count = 0;                ///< of all dead letters that were read
    bool truncated = false;                ///< there may be older ones, or smaller groups
    std::vector<dead_letter_group> groups; ///< the largest first

    friend bool operator==(dead_letter_groups const&, dead_letter_groups const&) = default;
};

void append(std::string& out, dead_letter_groups const& shown);
result<dead_letter_groups> read_dead_letter_groups(std::string_view json);

/// The body of `POST /v1/dead-letters/requeue` and `/discard`: the ids of tasks, or a filter.
struct dead_letter_request {
    std::optional<std::vector<task_id>> tasks = {}; ///< "task_ids"
    std::optional<dead_letter_filter> filter = {};
    std::int32_t limit = max_dead_letters;
    bool dry_run = false; ///< only check and count
    std::optional<std::string> reason = {};
    std::optional<std::string> by = {};
    std::optional<std::string> cursor = {}; ///< `next_cursor` of the previous request

    friend bool operator==(dead_letter_request const&, dead_letter_request const&) = default;
};

body_result<dead_letter_request> parse_dead_letter_request(std::string_view body);

/// Omits fields with their default value.
void append(std::string& out, dead_letter_request const& request);

/// A task that was not changed.
struct dead_letter_refusal {
    task_id id; ///< "task_id"
    std::string problem;

    friend bool operator==(dead_letter_refusal const&, dead_letter_refusal const&) = default;
};

/// What a request did, or would do.
struct dead_letter_outcome {
    std::int32_t matched = 0; ///< tasks that it looked at
    std::int32_t done = 0;    ///< those that it requeued or discarded
    std::vector<dead_letter_refusal> refused;
    std::optional<std::string> next_cursor; ///< none: no more tasks match

    friend bool operator==(dead_letter_outcome const&, dead_letter_outcome const&) = default;
};

void append(std::string& out, dead_letter_outcome const& outcome);
result<dead_letter_outcome> read_dead_letter_outcome(std::string_view json);

} // namespace tasker::wire
