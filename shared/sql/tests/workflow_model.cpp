#include "workflow_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string_view>

namespace tasker::sql::testing {

namespace {

/// How a parent ended, as the rules of `join` see it.
struct ends {
    int complete = 0;
    int skipped = 0;
    int failed = 0; ///< or will never run
    int allowed = 0;
};

enum class decision : std::uint8_t { run, skip, never };

decision join(std::size_t rule, ends const& parents) {
    std::string_view const name = join_rules[rule];
    if (name == "all_done") {
        return decision::run;
    }
    if (name == "any_failed") {
        return parents.failed + parents.allowed > 0 ? decision::run : decision::skip;
    }
    if (name == "any_complete" && parents.complete > 0) {
        return decision::run;
    }
    if (parents.failed > 0) {
        return decision::never;
    }
    if (name == "none_failed") {
        return decision::run;
    }
    return name == "any_complete" || parents.skipped + parents.allowed > 0 ? decision::skip
                                                                           : decision::run;
}

std::string condition_text(model_step const& step) {
    switch (step.when) {
    case condition::none:
        return "";
    case condition::true_of_context:
        return "$context.go == true";
    case condition::false_of_context:
        return "$context.go == false";
    case condition::parent_below_5:
        return "$." + name_of(step.parents.front()) + ".n < 5";
    case condition::no_boolean:
        return "$context.five";
    }
    return "";
}

/// The number of attempts of a run.
int attempts_of(model_step const& step) {
    bool const is_retried =
        step.retry != retried::only_other && step.retry != retried::all_but_again;
    return is_retried ? step.max_attempts : 1;
}

/// A matrix has at least one element.
bool is_matrix(model_step const& step) {
    return step.is_matrix && step.elements > 0;
}

std::size_t batch_size_of(model_step const& step) {
    return step.has_children || is_matrix(step) ? 1 : step.batch_size;
}

/// Of a map; with batches, an item is one of these.
std::size_t items_of(model_step const& step) {
    return (step.elements + batch_size_of(step) - 1) / batch_size_of(step);
}

/// How many of them fail, if none is stopped.
std::size_t failed_items_of(model_step const& step) {
    bool const all = step.fails || (!step.has_children && step.failures >= attempts_of(step));
    return all ? items_of(step) : std::min(step.failing_items, items_of(step));
}

/// [null, {"n": 3}]
std::string map_result(model_step const& step) {
    std::string out;
    for (std::size_t i = 0; i < step.elements; ++i) {
        out += out.empty() ? "" : ", ";
        out += i / batch_size_of(step) < failed_items_of(step)
                   ? "null"
                   : fmt::format(R"({{"n": {}}})", step.result);
    }
    return "[" + out + "]";
}

std::string result_of(model_step const& step) {
    return step.kind == body::sleep ? "null"
           : step.kind == body::map ? map_result(step)
                                    : fmt::format(R"({{"n": {}}})", step.result);
}

std::string retry_text(retried rule) {
    switch (rule) {
    case retried::all:
        return "";
    case retried::only_again:
        return ", only: [other, again]";
    case retried::only_other:
        return ", only: [other]";
    case retried::all_but_again:
        return ", except: [again]";
    case retried::all_but_other:
        return ", except: [other]";
    }
    return "";
}

bool has_result(model_workflow const& steps) {
    return std::ranges::any_of(steps, &model_step::is_in_result);
}

bool has_hooks(model_workflow const& steps) {
    return std::ranges::any_of(steps, &model_step::has_hooks);
}

/// Whether the handler brings the step to its end with success.
bool succeeds(model_step const& step) {
    if (step.kind == body::sleep || step.kind == body::signal) {
        return true;
    }
    if (step.kind == body::child) {
        return !step.fails && (!step.is_repeated || step.runs <= step.max_times);
    }
    if (step.kind == body::map) {
        return failed_items_of(step) <= (step.collects && !is_matrix(step) ? step.may_fail : 0);
    }
    bool const run_succeeds = step.failures < attempts_of(step) && !step.fails;
    return run_succeeds && (step.kind == body::handler || step.runs <= step.max_times);
}

/// A failed map of which some items may be complete is undone if one was; that depends on the
/// order.
bool is_undoable(model_step const& step) {
    bool const depends_on_order =
        step.kind == body::map && !succeeds(step) && failed_items_of(step) < items_of(step);
    return step.compensate && step.kind != body::sleep && step.kind != body::signal &&
           !depends_on_order;
}

/// Whether its result, or an item of it, has the member `n`, if it is complete.
bool has_number(model_step const& step) {
    return step.kind != body::sleep && step.kind != body::signal &&
           (step.kind != body::map || failed_items_of(step) < items_of(step));
}

std::string end_of(model_workflow const& steps, std::size_t index,
                   std::vector<std::string> const& states) {
    auto const& step = steps[index];
    ends parents;
    for (auto const parent : step.parents) {
        auto const& state = states[parent];
        parents.complete += static_cast<int>(state == "complete");
        parents.skipped += static_cast<int>(state == "skipped");
        bool const is_allowed = state == "failed" && steps[parent].allow_failure;
        parents.allowed += static_cast<int>(is_allowed);
        parents.failed +=
            static_cast<int>(state == "pending" || (state == "failed" && !is_allowed));
    }
    if (!step.parents.empty()) {
        switch (join(step.join, parents)) {
        case decision::never:
            return "pending";
        case decision::skip:
            return "skipped";
        case decision::run:
            break;
        }
    }
    if (step.when == condition::no_boolean) {
        return "failed";
    }
    bool const is_met =
        step.when == condition::none || step.when == condition::true_of_context ||
        (step.when == condition::parent_below_5 && states[step.parents.front()] == "complete" &&
         has_number(steps[step.parents.front()]) && steps[step.parents.front()].result < 5);
    if (!is_met) {
        return step.fails_unmet ? "failed" : "skipped";
    }
    return succeeds(step) ? "complete" : "failed";
}

bool has_children(model_workflow const& steps, std::size_t index) {
    return std::ranges::any_of(steps, [&](model_step const& each) {
        return std::ranges::find(each.parents, index) != each.parents.end();
    });
}

/// A step that runs no handler has no priority.
bool has_priority(model_step const& step) {
    return step.priority > 0 && (step.kind == body::handler || step.kind == body::repeat ||
                                 (step.kind == body::map && !step.has_children));
}

/// What becomes of the undo steps, once the steps have ended so.
std::vector<std::string> undo(model_workflow const& steps, std::vector<std::string> const& states) {
    std::vector<std::string> undone(steps.size());
    std::vector<bool> is_blocked(steps.size());
    for (std::size_t i = steps.size(); i-- > 0;) {
        auto const& step = steps[i];
        if (is_undoable(step) && states[i] == "complete") {
            undone[i] = is_blocked[i] ? "not_run" : step.undo_fails ? "failed" : "complete";
        }
        for (auto const parent : step.parents) {
            is_blocked[parent] = is_blocked[parent] || is_blocked[i] || undone[i] == "failed";
        }
    }
    return undone;
}

} // namespace

std::string name_of(std::size_t step) {
    return "s" + std::to_string(step);
}

int priority_of(model_step const& step) {
    return has_priority(step) ? step.priority : 2;
}

std::string to_yaml(model_workflow const& steps) {
    std::string out;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto const& step = steps[i];
        out += fmt::format("  - name: {}\n", name_of(i));
        if (step.kind == body::sleep) {
            out += "    sleep: {seconds: 5}\n";
        } else if (step.kind == body::signal) {
            out += fmt::format("    signal: {{name: {}}}\n", name_of(i));
        } else if (step.kind == body::child) {
            out +=
                fmt::format("    workflow: {{name: {}, context: {{n: {}}}}}\n"
                            "    retry: {{max_attempts: {}, backoff: none}}\n",
                            step.fails ? "child_bad" : "child_ok", step.result, step.max_attempts);
        } else if (step.kind == body::map && step.has_children) {
            out += fmt::format("    workflow: {{name: child_of_item, context: {{n: {}, bad: {}, "
                               "i: '${{index}}'}}}}\n"
                               "    retry: {{max_attempts: {}, backoff: none}}\n",
                               step.result, step.fails ? most_elements : step.failing_items,
                               step.max_attempts);
        } else {
            out += fmt::format("    handler: {{callable: h}}\n"
                               "    retry: {{max_attempts: {}, backoff: none{}}}\n",
                               step.max_attempts, retry_text(step.retry));
        }
        if (step.kind == body::repeat || (step.kind == body::child && step.is_repeated)) {
            out += fmt::format("    repeat: {{until: $result.n >= 0 && $iteration == {}, "
                               "max_times: {}}}\n",
                               step.runs, step.max_times);
        }
        if (step.kind == body::map && is_matrix(step)) {
            out += "    matrix: {n: [0";
            for (std::size_t n = 1; n < step.elements; ++n) {
                out += fmt::format(", {}", n);
            }
            out += "]}\n";
        } else if (step.kind == body::map) {
            out += fmt::format(
                "    map: {{over: $context.l{}, max_parallel: {}{}{}}}\n", step.elements,
                step.max_parallel,
                step.has_children ? "" : fmt::format(", batch_size: {}", step.batch_size),
                step.collects
                    ? fmt::format(", on_item_failure: collect, max_failures: {}", step.may_fail)
                    : "");
        }
        if (!step.parents.empty()) {
            std::vector<std::string> names;
            std::ranges::transform(step.parents, std::back_inserter(names), name_of);
            out += fmt::format("    dependencies: [{}]\n    join: {}\n", fmt::join(names, ", "),
                               join_rules[step.join]);
        }
        if (step.when != condition::none) {
            out += fmt::format("    when: {}\n    otherwise: {}\n", condition_text(step),
                               step.fails_unmet ? "fail" : "skip");
        }
        if (step.allow_failure) {
            out += "    allow_failure: true\n";
        }
        if (is_undoable(step)) {
            out += "    compensate: {callable: u}\n";
        }
        if (step.has_events) {
            out += "    publishes_events: [{name: e, condition: always}]\n";
        }
        if (has_priority(step)) {
            out += fmt::format("    priority: {}\n", step.priority);
        }
    }
    if (has_result(steps)) {
        out += "result:\n";
        for (std::size_t i = 0; i < steps.size(); ++i) {
            out += steps[i].is_in_result ? fmt::format("  {0}: ${{steps/{0}}}\n", name_of(i)) : "";
        }
    }
    if (has_hooks(steps)) {
        out +=
            "on_failure: {workflow: {name: child_ok}}\non_complete: {workflow: {name: child_ok}}\n";
    }
    return out;
}

std::string to_text(model_workflow const& steps) {
    auto out = to_yaml(steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        out += fmt::format("{}: {} failures, then {} {}; {} items fail{}\n", name_of(i),
                           steps[i].failures, steps[i].fails ? "a permanent failure" : "the result",
                           steps[i].result, steps[i].failing_items,
                           steps[i].undo_fails ? "; cannot be undone" : "");
    }
    return out;
}

namespace {

/// Undoes the steps of a failed task, from their states.
void add_undone(model_workflow const& steps, model_end& end) {
    end.undone = undo(steps, end.steps);
    auto const has = [&](auto what) { return std::ranges::any_of(end.undone, what); };
    end.compensation = has([](auto const& state) { return state == "failed"; }) ? "failed"
                       : has([](auto const& state) { return !state.empty(); })  ? "complete"
                                                                                : "";
}

} // namespace

model_end expected_end(model_workflow const& steps) {
    model_end end;
    bool has_failed = false;
    std::string result;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        end.steps.push_back(end_of(steps, i, end.steps));
        has_failed = has_failed || (end.steps.back() == "failed" && !steps[i].allow_failure);
        bool const is_complete = end.steps.back() == "complete";
        if (has_result(steps) ? steps[i].is_in_result : is_complete && !has_children(steps, i)) {
            result += fmt::format(R"({}"{}": {})", result.empty() ? "" : ", ", name_of(i),
                                  is_complete ? result_of(steps[i]) : "null");
        }
    }
    end.task = has_failed ? "failed" : "complete";
    end.result = has_failed ? "" : "{" + result + "}";
    end.undone.resize(steps.size());
    if (has_failed) {
        add_undone(steps, end);
    }
    end.hook = has_hooks(steps) ? end.task + ", " + end.compensation : "";
    return end;
}

model_workflow healed(model_workflow steps, model_end const& end, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto& step = steps[i];
        step.compensate = is_undoable(step); // the template is the same
        bool const has_ended = end.steps[i] == "complete" || end.steps[i] == "skipped" ||
                               (end.steps[i] == "failed" && step.allow_failure);
        if (!has_ended && random() % 2 == 0) {
            step.fails = false;
            step.failures = 0;
            step.failing_items = 0;
        }
    }
    return steps;
}

std::string problem_of(model_workflow const& steps, model_ending const& by, model_end const& end) {
    auto const without = expected_end(steps);
    bool has_failed = by.fails;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto const& state = end.steps[i];
        bool const may_be_skipped = i != by.step || (steps[i].kind == body::map && !by.fails);
        auto const& ended = i != by.step ? without.steps[i] : by.fails ? "failed" : "complete";
        if (state == "pending" || (state != ended && !(may_be_skipped && state == "skipped"))) {
            return fmt::format("{} is {}", name_of(i), state);
        }
        has_failed = has_failed || (state == "failed" && !steps[i].allow_failure);
    }
    model_end expected{.steps = end.steps};
    expected.task = has_failed ? "failed" : "complete";
    expected.result = has_failed ? "" : ending_result;
    expected.undone.resize(steps.size());
    if (has_failed) {
        add_undone(steps, expected);
    }
    expected.hook = has_hooks(steps) ? expected.task + ", " + expected.compensation : "";
    return end == expected ? "" : "the task, its result or its compensation is wrong";
}

} // namespace tasker::sql::testing
