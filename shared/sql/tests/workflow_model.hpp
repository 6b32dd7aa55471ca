#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A model of what a workflow does: which steps run and how they end, whatever the order in which
/// workers run them. docs/workflows.md has the rules; this is a second implementation of them, for
/// tests.

namespace tasker::sql::testing {

enum class body : std::uint8_t {
    handler,
    sleep,
    repeat,
    map,
    signal,
    child ///< of template child_ok or child_bad, which engine_run registers
};

enum class condition : std::uint8_t {
    none,
    true_of_context,
    false_of_context,
    parent_below_5, ///< the result of the first parent, or of an item of it, is below 5
    no_boolean      ///< its value is a number
};

/// Which errors are retried. Those of handlers have the type `again`.
enum class retried : std::uint8_t { all, only_again, only_other, all_but_again, all_but_other };

/// A step of a random template, and how its handler behaves.
struct model_step {
    std::vector<std::size_t> parents; ///< indices of earlier steps
    std::size_t join = 0;             ///< index in join_rules
    condition when = condition::none;
    bool fails_unmet = false; ///< otherwise: fail
    bool allow_failure = false;
    body kind = body::handler;
    int max_attempts = 1;
    int failures = 0;   ///< retryable ones of each run, before it succeeds
    bool fails = false; ///< permanently, after `failures` retryable ones
    int result = 0;
    bool compensate = false;
    bool undo_fails = false;       ///< the handler that undoes it
    int runs = 1;                  ///< repeat: the run that meets the condition
    int max_times = 1;             ///< repeat
    bool is_repeated = false;      ///< child: it has `repeat`
    std::size_t elements = 0;      ///< map; at most most_elements
    std::size_t batch_size = 1;    ///< map
    std::size_t max_parallel = 0;  ///< map
    std::size_t failing_items = 0; ///< map: the first items fail permanently
    std::size_t may_fail = 0;      ///< map: max_failures
    bool collects = false;         ///< map: on_item_failure: collect
    bool has_children = false;     ///< map: each element has a child task; no batches
    bool is_matrix = false;        ///< map: the elements are a matrix, which has no options
    int priority = 0;              ///< 0: none; a step without a handler ignores it
    retried retry = retried::all;
    bool is_in_result = false; ///< the template has a `result`, which reads this step
    bool has_hooks = false;    ///< the template has `on_failure` and `on_complete`
    bool has_events = false;
};

inline constexpr char const* join_rules[]{"all_complete", "none_failed", "any_complete", "all_done",
                                          "any_failed"};

inline constexpr std::size_t most_elements = 5;

using model_workflow = std::vector<model_step>;

std::string name_of(std::size_t step);

/// 1 to 4; 2 is that of the task.
int priority_of(model_step const& step);

/// The steps as a template has them, from two blanks on.
std::string to_yaml(model_workflow const& steps);

/// The workflow with the behaviour of its handlers, for people.
std::string to_text(model_workflow const& steps);

struct model_end {
    std::vector<std::string> steps; ///< the state of each step as the API shows it
    std::string task;
    std::string result;              ///< {"s1": 3} as jsonb; empty if the task failed
    std::vector<std::string> undone; ///< the state of each undo step; "" without one
    std::string compensation;
    std::string hook; ///< "failed, complete": state and compensation, as the hook task has them

    friend bool operator==(model_end const&, model_end const&) = default;
};

/// How the workflow ends unless it is cancelled.
model_end expected_end(model_workflow const& steps);

/// The workflow after a run that ended so, for a retry: some of the handlers that failed, or never
/// ran, no longer fail.
model_workflow healed(model_workflow steps, model_end const& end, std::uint64_t seed);

/// Which steps the rerun of a task that ended so takes over; none: it is refused. Not for tasks of
/// which a step ended the run.
std::optional<std::vector<bool>> taken_over(model_workflow const& steps, model_end const& end,
                                            std::size_t from);

/// A step whose handler ends the run of the task.
struct model_ending {
    std::size_t step = 0;
    bool fails = false; ///< fail_task; else finish with ending_result
};

inline constexpr char const* ending_result = R"({"done": true})";

/// Why the workflow cannot have ended so after the step ended its run; "" if it can. Which other
/// steps had started before depends on the order.
std::string problem_of(model_workflow const& steps, model_ending const& by, model_end const& end);

/// A workflow that depends on the seed only.
model_workflow random_workflow(std::uint64_t seed);

/// The workflows that are one change simpler.
std::vector<model_workflow> simpler(model_workflow const& steps);

} // namespace tasker::sql::testing
