#pragma once

#include "tasker/documents/problem.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::model {

/// The growth of the delay from one retry to the next, from backoff_base_ms (b): none 0;
/// linear b, 2b, 3b …; exponential b, 2b, 4b …; fibonacci b, b, 2b, 3b, 5b …
enum class backoff_kind : std::uint8_t { none, linear, exponential, fibonacci };

/// The types other than standard are those of tasker-core. A template that was read has none of
/// them: they were replaced by conditions, joins and maps.
enum class step_type : std::uint8_t {
    standard,
    decision,
    deferred_convergence,
    batchable,
    batch_worker
};

/// When a step runs, by how its parents ended; docs/workflows.md has the table.
enum class join_rule : std::uint8_t {
    all_complete,
    none_failed,
    any_complete,
    all_done,
    any_failed
};

/// What becomes of a step whose condition is not met.
enum class unmet : std::uint8_t { skip, fail };

/// What a step does when it runs.
enum class step_kind : std::uint8_t { handler, sleep, signal, map, workflow };

/// What becomes of a map of which an item fails permanently.
enum class item_failure : std::uint8_t { fail, collect };

/// What becomes of a step whose signal does not come in time.
enum class late_signal : std::uint8_t { fail, skip, complete };

/// The end of a step for which an event is published. `permanent_failure` is tasker-core's word
/// for `failure`.
enum class event_condition : std::uint8_t { success, failure, always, permanent_failure };

/// Where an event goes. `broadcast` means `durable`: it is tasker-core's word.
enum class event_delivery : std::uint8_t { durable, fast, broadcast };

/// An event that is published when a step has ended. A template that was read has none of
/// tasker-core's words.
struct event_settings {
    std::string name;
    std::optional<event_condition> condition;
    std::optional<event_delivery> delivery;
    std::optional<std::string> description;
    std::optional<std::string> schema; ///< JSON Schema of the step's result; not checked

    friend bool operator==(event_settings const&, event_settings const&) = default;
};

/// The settings of a step or an override. An absent value means the default in a step, and no
/// change in an override.
struct step_settings {
    std::optional<std::string> callable; ///< absent in a step of kind sleep
    std::optional<std::string> method;
    std::optional<std::string> initialization; ///< JSON object
    std::optional<bool> retryable;
    std::optional<std::int32_t> max_attempts;
    std::optional<backoff_kind> backoff;
    std::optional<std::int32_t> backoff_base_ms;
    std::optional<std::int32_t> max_backoff_ms;
    std::optional<std::vector<std::string>> only;   ///< types of errors that are retried; none: all
    std::optional<std::vector<std::string>> except; ///< types of errors that are not retried
    std::optional<bool> jitter;
    std::optional<std::chrono::milliseconds> timeout;

    friend bool operator==(step_settings const&, step_settings const&) = default;
};

struct step_template {
    std::string name;
    std::optional<std::string> description;
    std::optional<step_type> type;
    std::optional<join_rule> join;
    std::optional<std::string> condition; ///< `when`: an SQL/JSON path
    std::optional<unmet> otherwise;
    std::optional<bool> allow_failure;
    std::optional<std::chrono::milliseconds> sleep_time; ///< `sleep.seconds`
    std::optional<std::string> sleep_until;              ///< a time, or a placeholder
    std::optional<std::string> repeat_until;             ///< an SQL/JSON path
    std::optional<std::chrono::milliseconds> repeat_delay;
    std::optional<std::int32_t> repeat_max_times;
    std::optional<std::string> map_over; ///< an SQL/JSON path
    std::optional<std::int32_t> map_batch_size;
    std::optional<std::int32_t> map_max_parallel; ///< 0: no limit
    std::optional<item_failure> map_on_failure;
    std::optional<std::string> map_max_failures; ///< of items, or of a hundred: "3", "10%"
    std::optional<std::string> matrix;           ///< JSON object: names, each with its values
    std::optional<std::string> child_name;       ///< `workflow.name`
    std::optional<std::string> child_namespace;
    std::optional<std::string> child_version;
    std::optional<std::string> child_context; ///< JSON object, with placeholders
    std::optional<std::int32_t> child_priority;
    std::optional<std::string> signal_name;
    std::optional<std::string> signal_schema; ///< JSON Schema of the payload
    std::optional<std::chrono::milliseconds> signal_deadline;
    std::optional<late_signal> on_deadline;
    std::optional<std::string> signal_value;  ///< JSON: the payload if none came in time
    std::optional<std::int32_t> quorum;       ///< the number of different senders
    std::optional<std::string> signal_key;    ///< an SQL/JSON path: the correlation key
    std::optional<std::string> signal_form;   ///< JSON object: title and description
    std::optional<std::int32_t> priority;     ///< absent: that of the task
    std::optional<std::string> inputs;        ///< JSON object with placeholders
    std::optional<std::string> result_schema; ///< JSON Schema of the step's result
    std::optional<step_settings> compensate;  ///< the handler that undoes the step
    std::optional<std::vector<event_settings>> events;
    step_settings settings;
    std::optional<std::vector<std::string>> dependencies; ///< names of other steps

    step_kind kind() const noexcept {
        return map_over || matrix          ? step_kind::map
               : child_name                ? step_kind::workflow
               : signal_name               ? step_kind::signal
               : sleep_time || sleep_until ? step_kind::sleep
                                           : step_kind::handler;
    }

    friend bool operator==(step_template const&, step_template const&) = default;
};

/// What runs when a task of the template ends: a webhook, or a task of another template.
struct hook_settings {
    std::optional<std::string> webhook; ///< a URL
    std::optional<std::string> secret;  ///< the name of the secret that signs the webhook
    std::optional<std::string> workflow_name;
    std::optional<std::string> workflow_namespace;
    std::optional<std::string> workflow_version;

    friend bool operator==(hook_settings const&, hook_settings const&) = default;
};

/// The overrides of an environment for one step or for all.
struct step_override {
    std::string step; ///< a step's name, or `every_step`
    step_settings settings;

    friend bool operator==(step_override const&, step_override const&) = default;
};

/// The name in an override that means every step.
inline constexpr std::string_view every_step = "ALL";

struct environment_overrides {
    std::string name;
    std::vector<step_override> steps;

    friend bool operator==(environment_overrides const&, environment_overrides const&) = default;
};

/// A workflow as its author wrote it, without defaults. JSON is text, with the keys of every object
/// sorted.
struct workflow_template {
    std::string name;
    std::string name_space;
    std::string version;
    std::optional<std::string> description;
    std::optional<std::string> metadata;            ///< JSON object
    std::optional<std::string> input_schema;        ///< JSON Schema of a task's context
    std::optional<std::string> system_dependencies; ///< JSON object
    std::optional<std::string> result;              ///< JSON object with placeholders
    std::optional<step_settings> defaults;          ///< for every step
    std::optional<std::chrono::milliseconds> timeout;
    std::optional<hook_settings> on_failure;
    std::optional<hook_settings> on_complete;
    std::optional<std::string> budget; ///< JSON object: amounts by unit
    std::vector<step_template> steps;
    std::vector<environment_overrides> environments; ///< sorted by name

    friend bool operator==(workflow_template const&, workflow_template const&) = default;
};

inline constexpr std::size_t max_steps = 10'000;
/// Of a template with a step that has `compensate`: the undo steps count too.
inline constexpr std::size_t max_steps_with_undo = max_steps / 2;
inline constexpr std::size_t max_edges = 1'000'000;

/// Why a document is not a valid template: all problems in the order of the document, at most
/// `documents::max_problems` and a last one that counts the rest.
struct invalid_template {
    std::vector<documents::located_problem> problems;
};

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(invalid_template const& invalid,
                                             boost::source_location const& where);

using template_result = boost::system::result<workflow_template, invalid_template>;

/// Reads a template and checks it completely: all keys, the names, the graph, the limits, the input
/// schema. The time is proportional to the document's length. docs/templates.md has the rules.
///
/// Threads: may be called from any.
/// Errors: never throws because of the text.
template_result parse_template_yaml(std::string_view text);
template_result parse_template_json(std::string_view text);

} // namespace tasker::model
