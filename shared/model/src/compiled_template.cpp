#include "tasker/model/compiled_template.hpp"

#include "definition.hpp"
#include "sha256.hpp"
#include "step_graph.hpp"
#include "template_fields.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/json/placeholders.hpp"
#include "tasker/json/pointer.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tasker::model {

namespace {

/// No name of a step contains a colon.
constexpr std::string_view undo_suffix = ":undo";

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

/// The result of a template as tasker.mapped_result reads it. `number_of` gives a step's number.
template <class NumberOf>
std::string result_parts(std::string const& mapping, NumberOf number_of) {
    std::string out;
    json::append_array(out, json::split_json(mapping),
                       [&](std::string& to, json::piece const& one) {
                           json::object_writer part{to};
                           part.text("literal", one.literal);
                           if (!one.then) {
                               return;
                           }
                           auto path = json::parts_of_pointer(one.then->pointer);
                           if (one.then->source == "steps") {
                               part.number("step_no", number_of(path.front()));
                               path.erase(path.begin());
                           }
                           json::append_array(part.key("path"), path, json::append_string);
                           part.boolean("whole", one.then->as == json::filling::value);
                           if (one.then->otherwise) {
                               part.text("otherwise", *one.then->otherwise);
                           }
                       });
    return out;
}

void append_number(std::string& out, std::int32_t number) {
    out += std::to_string(number);
}

/// `all`: the steps of its graph. `first`: the number of the first of them.
void append_step(std::string& out, std::vector<compiled_step> const& all, std::size_t first,
                 std::size_t number) {
    compiled_step const& step = all[number - first];
    json::object_writer row{out};
    row.number("step_no", number);
    json::append_array(row.key("parents"), step.parents, append_number);
    json::append_array(row.key("children"), step.children, append_number);
    json::append_array(
        row.key("child_parents"), step.children, [&](std::string& to, std::int32_t child) {
            to += std::to_string(all[static_cast<std::size_t>(child) - first].parents.size());
        });
    if (step.undoes) {
        row.number("undoes", *step.undoes);
    } else {
        row.null("undoes");
    }
    row.text("kind", kind_names[static_cast<std::size_t>(step.source.kind())]);
    write_columns(row, step_fields, step.source);
    write_columns(row, settings_fields, step.source.settings);
    std::string for_worker;
    {
        json::object_writer settings{for_worker};
        write_worker_settings(settings, step_fields, step.source);
        write_worker_settings(settings, settings_fields, step.source.settings);
    }
    row.json("worker_settings", for_worker == "{}" ? "null" : for_worker);
}

/// Whether each step has `compensate`, or comes after one that has it and before another one.
std::vector<bool> steps_to_undo(std::vector<compiled_step> const& steps) {
    auto const any = [](std::vector<std::int32_t> const& some, std::vector<bool> const& marked) {
        return std::ranges::any_of(
            some, [&](std::int32_t step) { return marked[static_cast<std::size_t>(step)]; });
    };
    std::vector<bool> before(steps.size()); // the step, or one before it, has `compensate`
    std::vector<bool> after(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        before[i] = steps[i].source.compensate || any(steps[i].parents, before);
    }
    for (std::size_t i = steps.size(); i-- > 0;) {
        after[i] = steps[i].source.compensate || any(steps[i].children, after);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        before[i] = before[i] && after[i];
    }
    return before;
}

compiled_step undo_step(step_template const& of, std::int32_t number) {
    compiled_step out{.source = {}, .parents = {}, .children = {}, .undoes = number};
    out.source.name = of.name + std::string{undo_suffix};
    out.source.join = join_rule::none_failed;
    out.source.priority = of.priority;
    set_defaults(step_fields, out.source);
    set_defaults(settings_fields, out.source.settings);
    if (of.compensate) {
        override_fields(compensation_fields, out.source.settings, *of.compensate);
    }
    return out;
}

std::vector<compiled_step> undo_steps(std::vector<compiled_step> const& steps) {
    std::vector<bool> const wanted = steps_to_undo(steps);
    std::vector<std::int32_t> numbers(steps.size(), -1);
    auto next = static_cast<std::int32_t>(steps.size());
    for (std::size_t i = steps.size(); i-- > 0;) {
        numbers[i] = wanted[i] ? next++ : -1;
    }
    auto const numbers_of = [&](std::vector<std::int32_t> const& some) {
        std::vector<std::int32_t> out = renumbered(some, numbers);
        std::erase(out, -1);
        return out;
    };
    std::vector<compiled_step> out;
    for (std::size_t i = steps.size(); i-- > 0;) {
        if (wanted[i]) {
            out.push_back(undo_step(steps[i].source, static_cast<std::int32_t>(i)));
            out.back().parents = numbers_of(steps[i].children);
            out.back().children = numbers_of(steps[i].parents);
        }
    }
    return out;
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
                          .result = {},
                          .steps = {},
                          .undo_steps = {}};
    out.hash = sha256(out.definition);
    if (source.result) {
        std::unordered_map<std::string_view, std::int32_t> numbers;
        for (std::size_t i = 0; i < source.steps.size(); ++i) {
            numbers.emplace(source.steps[i].name, new_numbers[i]);
        }
        out.result =
            result_parts(*source.result, [&](std::string const& name) { return numbers.at(name); });
    }
    out.steps.reserve(order.size());
    for (std::int32_t const number : order) {
        auto const old = static_cast<std::size_t>(number);
        step_settings settings;
        set_defaults(settings_fields, settings);
        if (source.defaults) {
            override_fields(settings_fields, settings, *source.defaults);
        }
        if (source.steps[old].child_name) {
            settings.max_attempts = 1; // the steps of the child have their own
        }
        override_fields(settings_fields, settings, source.steps[old].settings);
        if (for_all != nullptr) {
            override_fields(settings_fields, settings, *for_all);
        }
        if (auto const own = for_one.find(source.steps[old].name); own != for_one.end()) {
            override_fields(settings_fields, settings, *own->second);
        }
        compiled_step step{.source = source.steps[old],
                           .parents = renumbered(graph.parents[old], new_numbers),
                           .children = renumbered(graph.children[old], new_numbers),
                           .undoes = {}};
        set_defaults(step_fields, step.source);
        step.source.settings = std::move(settings);
        out.steps.push_back(std::move(step));
    }
    out.undo_steps = undo_steps(out.steps);
    return out;
}

std::string steps_json(compiled_template const& compiled) {
    std::string out = "[";
    std::size_t const total = compiled.steps.size();
    for (std::size_t i = 0; i < total; ++i) {
        append_step(out.append(i == 0 ? "" : ","), compiled.steps, 0, i);
    }
    for (std::size_t i = 0; i < compiled.undo_steps.size(); ++i) {
        append_step(out.append(","), compiled.undo_steps, total, total + i);
    }
    return out.append("]");
}

} // namespace tasker::model
