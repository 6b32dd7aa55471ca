#include "workflow_model.hpp"

#include <iterator>
#include <random>
#include <utility>

namespace tasker::sql::testing {

namespace {

model_workflow without(model_workflow steps, std::size_t removed) {
    steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(removed));
    for (auto& step : steps) {
        std::erase(step.parents, removed);
        for (auto& parent : step.parents) {
            parent -= static_cast<std::size_t>(parent > removed);
        }
        if (step.parents.empty()) {
            step.join = 0;
            step.when = step.when == condition::parent_below_5 ? condition::none : step.when;
        }
    }
    return steps;
}

} // namespace

model_workflow random_workflow(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    auto const below = [&](std::size_t count) {
        return static_cast<std::size_t>(random() % count);
    };
    auto const one_in = [&](std::size_t count) { return below(count) == 0; };
    model_workflow steps(1 + below(9));
    bool const maps_result = one_in(4);
    bool const has_undo = one_in(2);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto& step = steps[i];
        for (std::size_t parent = 0; parent < i; ++parent) {
            if (step.parents.size() < 4 && one_in(3)) {
                step.parents.push_back(parent);
            }
        }
        if (!step.parents.empty()) {
            step.join = below(std::size(join_rules));
        }
        if (one_in(3)) {
            step.when = static_cast<condition>(1 + below(4));
            if (step.when == condition::parent_below_5 && step.parents.empty()) {
                step.when = condition::false_of_context;
            }
            step.fails_unmet = one_in(3);
        }
        step.allow_failure = one_in(4);
        step.kind = one_in(5)   ? body::sleep
                    : one_in(5) ? body::repeat
                    : one_in(4) ? body::map
                    : one_in(6) ? body::signal
                    : one_in(6) ? body::child
                                : body::handler;
        step.max_attempts = 1 + static_cast<int>(below(3));
        step.failures = one_in(4) ? static_cast<int>(below(4)) : 0;
        step.fails = one_in(6);
        step.result = static_cast<int>(below(10));
        step.compensate = has_undo && one_in(2);
        step.undo_fails = one_in(4);
        step.runs = 1 + static_cast<int>(below(3));
        step.max_times = 1 + static_cast<int>(below(3));
        step.is_repeated = one_in(3);
        step.elements = below(most_elements + 1);
        step.batch_size = 1 + (one_in(3) ? below(3) : 0);
        step.max_parallel = one_in(2) ? below(4) : 0;
        step.failing_items = one_in(3) ? below(4) : 0;
        step.collects = one_in(2);
        step.may_fail = below(4);
        step.has_children = one_in(3);
        step.is_matrix = one_in(4);
        step.retry = one_in(3) ? static_cast<retried>(below(5)) : retried::all;
    }
    for (auto& step : steps) {
        step.is_in_result = maps_result && one_in(2);
    }
    steps[0].has_hooks = one_in(3);
    bool const has_events = one_in(2);
    for (auto& step : steps) {
        step.has_events = has_events && one_in(2);
    }
    for (auto& step : steps) {
        step.priority = one_in(4) ? static_cast<int>(1 + below(4)) : 0;
    }
    return steps;
}

std::vector<model_workflow> simpler(model_workflow const& steps) {
    std::vector<model_workflow> out;
    for (std::size_t i = 0; steps.size() > 1 && i < steps.size(); ++i) {
        out.push_back(without(steps, i));
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto const changed = [&](auto change) {
            auto copy = steps;
            change(copy[i]);
            out.push_back(std::move(copy));
        };
        if (steps[i].when != condition::none) {
            changed([](model_step& step) { step.when = condition::none; });
        }
        if (steps[i].join != 0) {
            changed([](model_step& step) { step.join = 0; });
        }
        if (steps[i].kind != body::handler) {
            changed([](model_step& step) { step.kind = body::handler; });
        }
        if (steps[i].allow_failure) {
            changed([](model_step& step) { step.allow_failure = false; });
        }
        if (steps[i].failures > 0) {
            changed([](model_step& step) { step.failures = 0; });
        }
        if (steps[i].is_in_result) {
            changed([](model_step& step) { step.is_in_result = false; });
        }
        if (steps[i].has_hooks) {
            changed([](model_step& step) { step.has_hooks = false; });
        }
        if (steps[i].has_events) {
            changed([](model_step& step) { step.has_events = false; });
        }
        if (steps[i].retry != retried::all) {
            changed([](model_step& step) { step.retry = retried::all; });
        }
        if (steps[i].priority > 0) {
            changed([](model_step& step) { step.priority = 0; });
        }
        if (steps[i].fails) {
            changed([](model_step& step) { step.fails = false; });
        }
        if (steps[i].kind == body::map && steps[i].elements > 0) {
            changed([](model_step& step) { --step.elements; });
        }
        if (steps[i].is_repeated) {
            changed([](model_step& step) { step.is_repeated = false; });
        }
        if (steps[i].is_matrix) {
            changed([](model_step& step) { step.is_matrix = false; });
        }
        if (steps[i].has_children) {
            changed([](model_step& step) { step.has_children = false; });
        }
        if (steps[i].batch_size > 1) {
            changed([](model_step& step) { step.batch_size = 1; });
        }
        if (steps[i].max_parallel > 0) {
            changed([](model_step& step) { step.max_parallel = 0; });
        }
        if (steps[i].compensate) {
            changed([](model_step& step) { step.compensate = false; });
        }
        if (steps[i].undo_fails) {
            changed([](model_step& step) { step.undo_fails = false; });
        }
    }
    return out;
}

} // namespace tasker::sql::testing
