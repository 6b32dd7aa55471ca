#pragma once

#include "amounts_kind.hpp"
#include "condition.hpp"
#include "events_kind.hpp"
#include "fields.hpp"
#include "matrix_kind.hpp"
#include "template_words.hpp"

#include "tasker/model/names.hpp"
#include "tasker/model/workflow_template.hpp"

/// The keys of templates. The reader, the definition, the argument of register_template, defaults,
/// limits, the JSON Schema and the tables of docs/templates.md come from these tables.
///
/// The reader itself reads the keys that make the graph: `steps`, `dependencies`, `environments`.

namespace tasker::model {

/// The name of a step; not `ALL`.
struct step_name_kind : text_kind {
    constexpr step_name_kind() : text_kind{problem_of_name, name_pattern} {}

    static std::optional<std::string> problem_of_name(std::string_view name);
    void describe(json::object_writer& schema) const;
};

std::optional<std::string> callable_problem(std::string_view name);

/// A number of attempts. 0 means one attempt, without a retry, as in tasker-core.
struct attempts_kind : integer_kind {
    constexpr explicit attempts_kind(std::int32_t highest) : integer_kind{0, highest} {}

    std::optional<std::int32_t> read(reading in, document_path const& path, node_index node) const;
};

/// A key that contradicts another one in the same mapping would have no effect. Overrides of an
/// environment are not contradictions. Templates of tasker-core have the numbers of attempts and
/// the backoff beside `retryable: false`.
void check_retry(reading in, document_path const& path, mapping_reader const& retry,
                 step_settings const& read);

/// check_retry as JSON Schema.
inline constexpr std::string_view retry_rule = R"("allOf":[
    {"if":{"required":["retryable"],"properties":{"retryable":{"const":false}}},
     "then":{"properties":{"only":false,"except":false,"jitter":false}}},
    {"if":{"required":["backoff"],"properties":{"backoff":{"const":"none"}},
           "not":{"required":["retryable"],"properties":{"retryable":{"const":false}}}},
     "then":{"properties":{"backoff_base_ms":false,"max_backoff_ms":false,"jitter":false}}},
    {"not":{"required":["only","except"]}}])";

/// Exactly one of both keys.
void check_sleep(reading in, document_path const& path, mapping_reader const& sleep,
                 step_template const& read);

/// check_sleep as JSON Schema.
inline constexpr std::string_view sleep_rule =
    R"("oneOf":[{"required":["seconds"]},{"required":["until"]}])";

/// `max_failures` needs `on_item_failure: collect`.
void check_map(reading in, document_path const& path, mapping_reader const& map,
               step_template const& read);

/// check_map as JSON Schema.
inline constexpr std::string_view map_rule =
    R"("if":{"required":["max_failures"]},
       "then":{"required":["on_item_failure"],"properties":{"on_item_failure":{"const":"collect"}}})";

inline constexpr std::int32_t most_items = 100'000;
inline constexpr std::int32_t most_combinations = 1'000;

/// A time with its offset from UTC, or a placeholder.
std::optional<std::string> time_problem(std::string_view text);

/// Keys that would have no effect, and pairs that exclude each other.
void check_signal(reading in, document_path const& path, mapping_reader const& signal,
                  step_template const& read);

/// check_signal as JSON Schema.
inline constexpr std::string_view signal_rule =
    R"("dependencies":{"on_deadline":["deadline_seconds"]},
    "allOf":[{"if":{"required":["value"]},
              "then":{"required":["on_deadline"],
                      "properties":{"on_deadline":{"const":"complete"},"quorum":false}}},
             {"if":{"required":["key"]},"then":{"properties":{"schema":false,"quorum":false}}}])";

inline constexpr std::int32_t least_quorum = 2;
inline constexpr std::int32_t largest_quorum = 100;

inline constexpr std::chrono::milliseconds longest_sleep = std::chrono::hours{24 * 3'650};
inline constexpr std::chrono::milliseconds longest_delay = std::chrono::hours{24};
inline constexpr std::chrono::milliseconds longest_task_timeout = std::chrono::hours{24 * 3'650};
inline constexpr std::size_t most_units = 8;
inline constexpr std::int64_t most_of_a_unit = 1'000'000'000'000'000;
inline constexpr std::int32_t most_repetitions = 1'000'000;

inline constexpr std::int32_t most_attempts = 10'000;
inline constexpr std::size_t most_error_types = 100;
inline constexpr std::int32_t longest_backoff_ms = 86'400'000; // a day
/// In milliseconds it fits into 32 bits.
inline constexpr std::chrono::milliseconds longest_timeout = std::chrono::hours{24 * 24};

inline constexpr field callable_field =
    field{"callable", &step_settings::callable, text_kind{callable_problem, callable_pattern},
          "the name of the handler in the worker: up to 256 printable characters, no spaces"}
        .stored_in("handler")
        .must_be_given();
inline constexpr field method_field =
    field{"method", &step_settings::method, text_kind{callable_problem, callable_pattern},
          "passed to the handler"}
        .stored_in("handler_method");
inline constexpr field initialization_field =
    field{"initialization", &step_settings::initialization, mapping_kind{},
          "any keys; passed to the handler"}
        .stored_in("initialization")
        .defaults_to("{}");
inline constexpr field timeout_field =
    field{"timeout_seconds", &step_settings::timeout, seconds_kind{longest_timeout},
          "the time limit of one attempt; up to three decimals"}
        .stored_in("timeout_ms");
inline constexpr group retry_group =
    make_group<step_settings>(
        "retry",
        field{"retryable", &step_settings::retryable, boolean_kind{},
              "`false`: the first failure is permanent"}
            .stored_in("retryable")
            .defaults_to(true),
        field{"max_attempts", &step_settings::max_attempts, attempts_kind{most_attempts},
              "the number of attempts, including the first; 0 means one"}
            .stored_in("max_attempts")
            .defaults_to(3),
        field{"backoff", &step_settings::backoff, enum_kind<backoff_kind>{backoff_names},
              "how the delay grows from one retry to the next"}
            .stored_in("backoff")
            .defaults_to(backoff_kind::exponential),
        field{"backoff_base_ms", &step_settings::backoff_base_ms,
              integer_kind{0, longest_backoff_ms}, "the first delay, in milliseconds"}
            .stored_in("backoff_base_ms")
            .defaults_to(1'000),
        field{"max_backoff_ms", &step_settings::max_backoff_ms, integer_kind{0, longest_backoff_ms},
              "the longest delay, in milliseconds"}
            .stored_in("max_backoff_ms")
            .defaults_to(60'000),
        field{"only", &step_settings::only, texts_kind{most_error_types},
              "the types of errors that are retried; all without it"}
            .stored_in("retry_only"),
        field{"except", &step_settings::except, texts_kind{most_error_types},
              "the types of errors that are not retried"}
            .stored_in("retry_except"),
        field{"jitter", &step_settings::jitter, boolean_kind{},
              "shortens each delay by a random part, up to 20 %"}
            .stored_in("jitter")
            .defaults_to(true))
        .checked_by(check_retry, retry_rule);

/// The settings of a step, which environments can override.
inline constexpr std::tuple settings_fields{
    make_group<step_settings>("handler", callable_field, method_field, initialization_field)
        .optional(),
    retry_group,
    timeout_field,
};

/// The keys of `compensate`.
inline constexpr std::tuple compensation_fields{callable_field, method_field, initialization_field,
                                                retry_group, timeout_field};

/// The handler that undoes a step, with its settings.
struct compensation_kind : value_kind<step_settings> {
    static std::optional<step_settings> read(reading in, document_path const& path,
                                             node_index node);
    static void write(std::string& out, step_settings const& value);
    static void describe(json::object_writer& schema);
};

/// The other keys of a step.
inline constexpr std::tuple step_fields{
    field{"name", &step_template::name, step_name_kind{},
          "like a template's name, unique in the template; `ALL` is reserved"}
        .stored_in("name")
        .must_be_given(),
    field{"description", &step_template::description, text_kind{}, "stored, not used"},
    field{"type", &step_template::type, enum_kind<step_type>{step_type_names},
          "the other types are those of tasker-core; see "
          "[below](#templates-of-tasker-core)"}
        .defaults_to(step_type::standard),
    field{"join", &step_template::join, enum_kind<join_rule>{join_names},
          "when the step runs, by how its parents ended; see [workflows.md](workflows.md#join)"}
        .stored_in("join_rule")
        .defaults_to(join_rule::all_complete),
    field{"when", &step_template::condition, text_kind{when_problem, ""},
          "a condition over the parents' results; see [workflows.md](workflows.md#when)"}
        .stored_in("condition"),
    field{"otherwise", &step_template::otherwise, enum_kind<unmet>{otherwise_names},
          "what becomes of the step if the condition is not met"}
        .stored_in("otherwise")
        .defaults_to(unmet::skip),
    field{"allow_failure", &step_template::allow_failure, boolean_kind{},
          "`true`: the task can complete although this step failed"}
        .stored_in("allow_failure")
        .defaults_to(false),
    make_group<step_template>(
        "sleep",
        field{"seconds", &step_template::sleep_time, seconds_kind{longest_sleep},
              "instead of a handler: how long the step waits; see "
              "[workflows.md](workflows.md#sleep)"},
        field{"until", &step_template::sleep_until, text_kind{time_problem, ""},
              "instead of a handler: when the wait ends; a time such as `2030-12-01T08:00:00Z`, or "
              "`${context/…}` or `${parents/…}`"})
        .checked_by(check_sleep, sleep_rule)
        .stored_in("sleep"),
    make_group<step_template>(
        "repeat",
        field{"until", &step_template::repeat_until, text_kind{until_problem, ""},
              "the handler or the child task runs again until this condition is met; see "
              "[workflows.md](workflows.md#repeat)"}
            .must_be_given(),
        field{"delay_seconds", &step_template::repeat_delay, seconds_kind{longest_delay},
              "the wait between two runs"}
            .defaults_to(std::chrono::seconds{1}),
        field{"max_times", &step_template::repeat_max_times, integer_kind{1, most_repetitions},
              "the number of runs; if the last one does not meet the condition, the step fails"}
            .defaults_to(100))
        .optional()
        .stored_in("repeat"),
    make_group<step_template>(
        "map",
        field{"over", &step_template::map_over, text_kind{when_problem, ""},
              "the handler runs for each element of this list, a path over the parents' results; "
              "`map: PATH` is short for it; see [workflows.md](workflows.md#map)"}
            .must_be_given(),
        field{"batch_size", &step_template::map_batch_size, integer_kind{1, most_items},
              "the number of elements that the handler gets together"}
            .defaults_to(1),
        field{"max_parallel", &step_template::map_max_parallel, integer_kind{0, most_items},
              "how many items are enqueued or run together; 0: all"}
            .defaults_to(0),
        field{
            "on_item_failure", &step_template::map_on_failure,
            enum_kind<item_failure>{item_failure_names},
            "`fail`: an item that fails permanently stops the map; `collect`: its result is `null`"}
            .defaults_to(item_failure::fail),
        field{"max_failures", &step_template::map_max_failures, share_kind{most_items},
              "with `collect`: the step fails if more items fail; also a percentage: `10%`"})
        .optional()
        .checked_by(check_map, map_rule)
        .stored_in("map")
        .or_first_value(),
    field{"matrix", &step_template::matrix, matrix_kind{most_combinations},
          "the handler runs for each combination of the values of these lists; see "
          "[workflows.md](workflows.md#matrix)"}
        .stored_in("matrix"),
    make_group<step_template>(
        "workflow",
        field{"name", &step_template::child_name, text_kind{name_problem, name_pattern},
              "instead of a handler: the template that a child task runs; see "
              "[workflows.md](workflows.md#child-tasks)"}
            .must_be_given(),
        field{"namespace", &step_template::child_namespace,
              text_kind{namespace_problem, namespace_pattern},
              "its namespace; that of this template without it"},
        field{"version", &step_template::child_version,
              version_kind{version_problem, version_pattern},
              "its version; the highest that is registered without it"},
        field{"context", &step_template::child_context, placeholders_kind{child_sources},
              "the context of the child task, with `${context/…}` and `${parents/…}`; with `map` "
              "also `${item/…}` and `${index}`, with `repeat` `${iteration}` and `${previous/…}`"},
        field{"priority", &step_template::child_priority, integer_kind{1, 4},
              "the priority of the child task; that of the task without it"})
        .optional()
        .stored_in("workflow"),
    make_group<step_template>(
        "signal",
        field{"name", &step_template::signal_name, text_kind{name_problem, name_pattern},
              "instead of a handler: the signal that the step waits for; like a template's name, "
              "unique in the template; see [workflows.md](workflows.md#signal)"}
            .must_be_given(),
        field{"schema", &step_template::signal_schema, schema_kind{}, "JSON Schema of the payload"},
        field{"deadline_seconds", &step_template::signal_deadline, seconds_kind{longest_sleep},
              "how long the step waits; without it, for any time"},
        field{"on_deadline", &step_template::on_deadline, enum_kind<late_signal>{late_names},
              "what becomes of the step if the signal does not come in time"}
            .defaults_to(late_signal::fail),
        field{"value", &step_template::signal_value, json_kind{},
              "any value: the payload if the signal does not come in time, with "
              "`on_deadline: complete`"},
        field{"quorum", &step_template::quorum, integer_kind{least_quorum, largest_quorum},
              "the number of different senders whose signals the step needs"},
        field{"key", &step_template::signal_key, text_kind{when_problem, ""},
              "an SQL/JSON path of the correlation key"},
        field{"form", &step_template::signal_form, form_kind{},
              "`title` and `description` of an approval, for people"})
        .optional()
        .checked_by(check_signal, signal_rule)
        .stored_in("signal"),
    field{"priority", &step_template::priority, integer_kind{1, 4},
          "1 low, 2 normal, 3 high, 4 urgent; that of the task without it; see "
          "[workflows.md](workflows.md#priority-of-a-step)"}
        .stored_in("priority"),
    field{"inputs", &step_template::inputs, placeholders_kind{inputs_sources},
          "what the handler gets as `inputs`; see [workflows.md](workflows.md#inputs)"}
        .for_worker(),
    field{"result_schema", &step_template::result_schema, schema_kind{},
          "JSON Schema for the result of the step; see [workflows.md](workflows.md#result-schema)"}
        .for_worker(),
    field{"compensate", &step_template::compensate, compensation_kind{},
          "the handler that undoes the step if the task fails; see "
          "[workflows.md](workflows.md#compensation)"},
    field{"publishes_events", &step_template::events, events_kind{},
          "what is announced when the step has ended; see [workflows.md](workflows.md#events)"}
        .stored_in("events"),
};

/// The name of a template; not one of Tasker's own.
struct template_name_kind : text_kind {
    constexpr template_name_kind() : text_kind{problem_of_name, name_pattern} {}

    static std::optional<std::string> problem_of_name(std::string_view name);
    static void describe(json::object_writer& schema);
};

std::optional<std::string> webhook_problem(std::string_view url);
inline constexpr std::string_view webhook_pattern = "^https?://[^/?#@ ]+([/?#][^ ]*)?$";

/// The keys of `on_failure` and `on_complete`.
inline constexpr std::tuple hook_fields{
    field{"webhook", &hook_settings::webhook, text_kind{webhook_problem, webhook_pattern},
          "the URL to which the end of the task is posted; see [workflows.md](workflows.md#hooks)"},
    field{"secret", &hook_settings::secret, text_kind{name_problem, name_pattern},
          "the name of the secret, in the settings of the worker, that signs the webhook"},
    make_group<hook_settings>("workflow",
                              field{"name", &hook_settings::workflow_name,
                                    text_kind{name_problem, name_pattern},
                                    "instead of a webhook: the template of which a task is created"}
                                  .must_be_given(),
                              field{"namespace", &hook_settings::workflow_namespace,
                                    text_kind{namespace_problem, namespace_pattern},
                                    "its namespace; that of this template without it"},
                              field{"version", &hook_settings::workflow_version,
                                    version_kind{version_problem, version_pattern},
                                    "its version; the highest that is registered without it"})
        .optional()};

/// What runs when a task ends.
struct hook_kind : value_kind<hook_settings> {
    static std::optional<hook_settings> read(reading in, document_path const& path,
                                             node_index node);
    static void write(std::string& out, hook_settings const& value);
    static void describe(json::object_writer& schema);
};

inline constexpr std::array<std::string_view, 5> kind_names{"handler", "sleep", "signal", "map",
                                                            "workflow"};

/// The keys of a template.
inline constexpr std::tuple template_fields{
    field{"name", &workflow_template::name, template_name_kind{},
          "1 to 128 letters, digits, `_`, `-`, `.`; starts with a letter or digit, and not with "
          "`tasker.`"}
        .must_be_given(),
    field{"namespace_name", &workflow_template::name_space,
          text_kind{namespace_problem, namespace_pattern},
          "1 to 32 of `a-z`, `0-9`, single `_`. Each namespace has its own queues"}
        .defaults_to("default"),
    field{"version", &workflow_template::version, version_kind{version_problem, version_pattern},
          "three numbers, `1.2.0`. `1.0` is refused, because YAML reads it as a number"}
        .must_be_given(),
    field{"description", &workflow_template::description, text_kind{}, "stored, not used"},
    field{"metadata", &workflow_template::metadata, mapping_kind{}, "any keys; stored, not used"},
    field{"input_schema", &workflow_template::input_schema, schema_kind{},
          "JSON Schema for the context of every task"},
    field{"system_dependencies", &workflow_template::system_dependencies, mapping_kind{},
          "any keys; stored, not used"},
    field{"result", &workflow_template::result, placeholders_kind{result_sources},
          "the result of a task; see [workflows.md](workflows.md#result)"},
    field{"timeout_seconds", &workflow_template::timeout, seconds_kind{longest_task_timeout},
          "the time limit of a task, from its creation; see "
          "[workflows.md](workflows.md#time-limit-of-a-task)"},
    field{"on_failure", &workflow_template::on_failure, hook_kind{},
          "what runs when a task fails; see [workflows.md](workflows.md#hooks)"},
    field{"on_complete", &workflow_template::on_complete, hook_kind{},
          "what runs when a task is complete; see [workflows.md](workflows.md#hooks)"},
    field{"budget", &workflow_template::budget, amounts_kind{most_units, most_of_a_unit},
          "what the steps of a task may spend together: 1 to 8 units, such as `{tokens: 100000}`, "
          "with "
          "whole amounts up to 10^15; see [workflows.md](workflows.md#budget)"},
};

} // namespace tasker::model
