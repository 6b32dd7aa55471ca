#include "tasker/model/compiled_template.hpp"

#include "definition.hpp"
#include "sha256.hpp"
#include "step_graph.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tasker::model {

namespace {

bool is_object(std::string_view value) {
    return json::walker{value}.kind() == json::value_kind::object;
}

/// The members of both objects. If both have a member, that of `from` is used, and objects are
/// merged. Values stay unchanged.
std::string merged(std::string_view into, std::string_view from) {
    std::map<std::string, std::string> members;
    json::walker base{into};
    base.object([&](std::string_view key) { members.emplace(key, base.raw()); });
    json::walker change{from};
    change.object([&](std::string_view key) {
        auto const value = change.raw();
        auto& member = members[std::string{key}];
        bool const both = !member.empty() && is_object(member) && is_object(value);
        member = both ? merged(member, value) : std::string{value};
    });
    std::string out = "{";
    for (auto const& [key, value] : members) {
        json::append_string(out.append(out.size() == 1 ? "" : ","), key).append(":").append(value);
    }
    return out.append("}");
}

/// Applies `settings` to the step.
void apply(compiled_step& step, step_settings const& settings) {
    step.handler = settings.callable.value_or(step.handler);
    if (settings.method) {
        step.handler_method = settings.method;
    }
    if (settings.initialization) {
        step.initialization = step.initialization == "{}"
                                  ? *settings.initialization
                                  : merged(step.initialization, *settings.initialization);
    }
    step.retryable = settings.retryable.value_or(step.retryable);
    step.max_attempts = settings.max_attempts.value_or(step.max_attempts);
    step.backoff = settings.backoff.value_or(step.backoff);
    step.backoff_base_ms = settings.backoff_base_ms.value_or(step.backoff_base_ms);
    step.max_backoff_ms = settings.max_backoff_ms.value_or(step.max_backoff_ms);
    if (settings.timeout) {
        step.timeout_ms = static_cast<std::int32_t>(settings.timeout->count());
    }
}

step_graph graph_of(workflow_template const& source) {
    std::unordered_map<std::string_view, std::int32_t> numbers;
    for (std::size_t i = 0; i < source.steps.size(); ++i) {
        numbers.emplace(source.steps[i].name, static_cast<std::int32_t>(i));
    }
    step_graph graph{source.steps.size()};
    for (std::size_t i = 0; i < source.steps.size(); ++i) {
        if (auto const& parents = source.steps[i].dependencies) {
            for (auto const& parent : *parents) {
                graph.add_edge(numbers.at(parent), static_cast<std::int32_t>(i));
            }
        }
    }
    return graph;
}

/// The new numbers of the steps after a reordering, ascending.
std::vector<std::int32_t> renumbered(std::vector<std::int32_t> const& steps,
                                     std::vector<std::int32_t> const& new_numbers) {
    std::vector<std::int32_t> out;
    out.reserve(steps.size());
    for (std::int32_t const step : steps) {
        out.push_back(new_numbers[static_cast<std::size_t>(step)]);
    }
    std::ranges::sort(out);
    return out;
}

environment_overrides const* find_environment(workflow_template const& source,
                                              std::string_view name) {
    auto const found = std::ranges::find(source.environments, name, &environment_overrides::name);
    return found == source.environments.end() ? nullptr : &*found;
}

void append_numbers(std::string& out, std::vector<std::int32_t> const& numbers) {
    out += '[';
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        out.append(i == 0 ? "" : ",").append(std::to_string(numbers[i]));
    }
    out += ']';
}

void append_step(std::string& out, compiled_step const& step, std::size_t number) {
    out.append(R"({"step_no":)").append(std::to_string(number));
    json::append_string(out.append(R"(,"name":)"), step.name);
    append_numbers(out.append(R"(,"parents":)"), step.parents);
    append_numbers(out.append(R"(,"children":)"), step.children);
    json::append_string(out.append(R"(,"handler":)"), step.handler);
    out.append(R"(,"handler_method":)");
    if (step.handler_method) {
        json::append_string(out, *step.handler_method);
    } else {
        out.append("null");
    }
    out.append(R"(,"initialization":)").append(step.initialization);
    out.append(R"(,"retryable":)").append(step.retryable ? "true" : "false");
    out.append(R"(,"max_attempts":)").append(std::to_string(step.max_attempts));
    json::append_string(out.append(R"(,"backoff":)"), to_string(step.backoff));
    out.append(R"(,"backoff_base_ms":)").append(std::to_string(step.backoff_base_ms));
    out.append(R"(,"max_backoff_ms":)").append(std::to_string(step.max_backoff_ms));
    out.append(R"(,"timeout_ms":)");
    out.append(step.timeout_ms ? std::to_string(*step.timeout_ms) : "null").append("}");
}

} // namespace

compiled_template compile(workflow_template const& source, std::string_view environment) {
    step_graph const graph = graph_of(source);
    std::vector<std::int32_t> const order = topological_order(graph);
    TASKER_ASSERT(order.size() == source.steps.size());
    std::vector<std::int32_t> new_numbers(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        new_numbers[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    }

    step_settings const* for_all = nullptr;
    std::unordered_map<std::string_view, step_settings const*> for_one;
    if (auto const* const overrides = find_environment(source, environment)) {
        for (auto const& change : overrides->steps) {
            if (change.step == every_step) {
                for_all = &change.settings;
            } else {
                for_one.emplace(change.step, &change.settings);
            }
        }
    }

    compiled_template out{.name_space = source.name_space,
                          .name = source.name,
                          .version = source.version,
                          .environment = std::string{environment},
                          .definition = to_definition(source),
                          .hash = {},
                          .steps = {}};
    out.hash = sha256(out.definition);
    out.steps.reserve(order.size());
    for (std::int32_t const number : order) {
        auto const old = static_cast<std::size_t>(number);
        step_template const& from = source.steps[old];
        compiled_step step;
        step.name = from.name;
        step.parents = renumbered(graph.parents[old], new_numbers);
        step.children = renumbered(graph.children[old], new_numbers);
        apply(step, from.settings);
        if (for_all != nullptr) {
            apply(step, *for_all);
        }
        if (auto const own = for_one.find(from.name); own != for_one.end()) {
            apply(step, *own->second);
        }
        out.steps.push_back(std::move(step));
    }
    return out;
}

std::string steps_json(compiled_template const& compiled) {
    std::string out = "[";
    for (std::size_t i = 0; i < compiled.steps.size(); ++i) {
        out.append(i == 0 ? "" : ",");
        append_step(out, compiled.steps[i], i);
    }
    return out.append("]");
}

} // namespace tasker::model
