#include "step_checks.hpp"

#include "condition.hpp"
#include "step_graph.hpp"

#include "tasker/json/placeholders.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/text.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::size_t cycle_names_shown = 20;

std::string unknown_step(reading in, std::string_view name, step_index const& index) {
    return "names the unknown step " + shown(name) + in.problems.suggestion(name, index.names);
}

/// Checks the dependencies of one step and adds the valid ones to the graph.
class dependency_checker {
public:
    dependency_checker(reading in, step_index const& index, step_graph& graph)
        : in_{in},
          index_{index},
          graph_{graph},
          last_child_(index.names.size(), -1) {}

    void check(std::size_t number, step_template const& step, given_step const& given) {
        auto const child = static_cast<std::int32_t>(number);
        document_path const root;
        document_path const steps_path{root, "steps"};
        document_path const step_path{steps_path, number};
        document_path const list_path{step_path, given.dependencies_key};
        for (std::size_t i = 0; i < step.dependencies->size(); ++i) {
            auto const& [index, line] = given.dependencies[i];
            if (auto problem = add((*step.dependencies)[i], child); !problem.empty()) {
                in_.problems.add(document_path{list_path, index}.to_string(),
                                 static_cast<int>(line), std::move(problem));
            }
        }
    }

private:
    std::string add(std::string_view name, std::int32_t child) {
        auto const found = index_.numbers.find(name);
        if (found == index_.numbers.end()) {
            return unknown_step(in_, name, index_);
        }
        std::int32_t const parent = found->second;
        if (parent == child) {
            return "names the step itself";
        }
        // The children come in order, so comparing with the last one finds repetitions.
        auto& last = last_child_[static_cast<std::size_t>(parent)];
        if (last == child) {
            return "names " + shown(name) + " again";
        }
        last = child;
        graph_.add_edge(parent, child);
        return {};
    }

    reading in_;
    step_index const& index_;
    step_graph& graph_;
    std::vector<std::int32_t> last_child_;
};

std::string cycle_text(std::span<std::int32_t const> cycle, step_index const& index) {
    auto const name = [&](std::int32_t step) {
        return std::string{index.names[static_cast<std::size_t>(step)]};
    };
    std::string out;
    for (std::size_t i = 0; i < cycle.size() && i < cycle_names_shown; ++i) {
        out.append(name(cycle[i])).append(" -> ");
    }
    if (cycle.size() > cycle_names_shown) {
        out.append("(" + std::to_string(cycle.size() - cycle_names_shown) + " more) -> ");
    }
    return out.append(name(cycle.front()));
}

void check_cycles(reading in, step_graph const& graph, step_index const& index,
                  std::vector<given_step> const& given) {
    std::vector<std::int32_t> const order = topological_order(graph);
    if (order.size() == graph.parents.size()) {
        return;
    }
    for (auto const& cycle : find_cycles(graph, order)) {
        auto const first = static_cast<std::size_t>(cycle.front());
        std::string path = "steps";
        append_index(path, first);
        append_key(path, given[first].dependencies_key);
        in.problems.add(std::move(path), static_cast<int>(given[first].dependencies_line),
                        "form a cycle: " + cycle_text(cycle, index));
    }
}

/// Checks how one step is joined and what its condition reads.
void check_joins(reading in, std::size_t number, step_template const& step,
                 given_step const& given) {
    auto const add = [&](std::string_view key, std::uint32_t line, std::string problem) {
        std::string path = "steps";
        append_index(path, number);
        path.append(".").append(key);
        in.problems.add(std::move(path), static_cast<int>(line), std::move(problem));
    };
    std::vector<std::string> const parents =
        step.dependencies ? *step.dependencies : std::vector<std::string>{};
    if (step.join && parents.empty()) {
        add("join", given.line_of("join"), "has no effect on a step without dependencies");
    }
    if (step.otherwise && !step.condition) {
        add("otherwise", given.line_of("otherwise"), "has no effect without `when`");
    }
    auto const check_names = [&](std::string_view key, std::uint32_t line, std::string_view path) {
        for (auto const& name : examine_condition(path, until_variables).parents) {
            if (std::ranges::find(parents, name) != parents.end()) {
                continue;
            }
            auto const quoted = std::ranges::find_if(parents, [&](std::string const& parent) {
                return parent.starts_with(name + '-') || parent.starts_with(name + '.');
            });
            add(key, line,
                "reads " + shown(name) +
                    (quoted == parents.end()
                         ? ", which is not in the step's dependencies"
                         : ", which is no dependency; quote a name with `-` or `.`: $.\"" +
                               *quoted + '"'));
        }
    };
    if (step.condition) {
        check_names("when", given.line_of("when"), *step.condition);
    }
    if (step.repeat_until) {
        check_names("repeat.until", given.line_of("repeat"), *step.repeat_until);
    }
    if (step.child_name && step.map_batch_size) {
        add("map.batch_size", given.line_of("map"),
            "cannot be combined with `workflow`: each element has a child task");
    }
    if (step.map_over) {
        check_names("map", given.line_of("map"), *step.map_over);
    }
    if (step.signal_key) {
        check_names("signal.key", given.line_of("signal"), *step.signal_key);
    }
}

void check_signal_names(reading in, std::vector<step_template> const& steps,
                        std::vector<given_step> const& given) {
    std::unordered_map<std::string_view, std::uint32_t> lines;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!steps[i].signal_name) {
            continue;
        }
        auto const [first, is_new] =
            lines.try_emplace(*steps[i].signal_name, given[i].line_of("signal"));
        if (!is_new) {
            in.problems.add("steps[" + std::to_string(i) + "].signal.name",
                            static_cast<int>(given[i].line_of("signal")),
                            shown(*steps[i].signal_name) +
                                " is the signal of an earlier step, on line " +
                                std::to_string(first->second));
        }
    }
}

/// Calls `each(placeholder, name)` for the placeholders of a mapping. The name is the first part of
/// their pointer, if there is one. If one is wrong, its reader reports that.
template <class Each>
void for_each_placeholder(std::string const& mapping, Each each) {
    std::vector<json::piece> pieces;
    try {
        pieces = json::split_json(mapping);
    } catch (json::placeholder_error const&) {
        return;
    }
    for (auto const& piece : pieces) {
        if (piece.then) {
            auto parts = json::parts_of_pointer(piece.then->pointer);
            each(*piece.then,
                 parts.empty() ? std::nullopt : std::optional{std::move(parts.front())});
        }
    }
}

/// Checks that the placeholders of a step's key read only its parents, and what it has.
void check_placeholders(reading in, std::size_t number, step_template const& step,
                        given_step const& given, std::string_view key, std::string const& mapping) {
    std::string path = "steps";
    append_index(path, number);
    path.append(".").append(key);
    auto const line = static_cast<int>(given.line_of(key.substr(0, key.find('.'))));
    std::vector<std::string> const parents =
        step.dependencies ? *step.dependencies : std::vector<std::string>{};
    for_each_placeholder(mapping, [&](auto const& placeholder, auto const& name) {
        std::string problem;
        bool const is_parent = name && std::ranges::find(parents, *name) != parents.end();
        if (placeholder.source == "parents" && name && !is_parent) {
            problem = "reads " + shown(*name) + ", which is not in the step's dependencies";
        } else if ((placeholder.source == "iteration" || placeholder.source == "previous") &&
                   !step.repeat_until) {
            problem = "has a value only in a step with `repeat`";
        } else if ((placeholder.source == "item" || placeholder.source == "index" ||
                    placeholder.source == "items") &&
                   step.kind() != step_kind::map) {
            problem = "has a value only in a step with `map` or `matrix`";
        } else {
            return;
        }
        in.problems.add(json::joined_path(path, placeholder.path), line,
                        shown(placeholder.text) + ' ' + problem);
    });
}

} // namespace

step_index check_steps(reading in, std::vector<step_template> const& steps,
                       std::vector<given_step> const& given) {
    step_index index;
    index.names.reserve(steps.size());
    index.numbers.reserve(steps.size());
    std::size_t edges = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        index.names.emplace_back(steps[i].name);
        edges += steps[i].dependencies ? steps[i].dependencies->size() : 0;
        if (steps[i].name.empty()) {
            continue;
        }
        auto const [first, is_new] =
            index.numbers.try_emplace(steps[i].name, static_cast<std::int32_t>(i));
        if (!is_new) {
            auto const first_line = given[static_cast<std::size_t>(first->second)].line_of("name");
            in.problems.add("steps[" + std::to_string(i) + "].name",
                            static_cast<int>(given[i].line_of("name")),
                            shown(steps[i].name) + " is the name of an earlier step, on line " +
                                std::to_string(first_line));
        }
    }
    if (edges > max_edges) {
        in.problems.add("steps", 0,
                        "must have at most " + std::to_string(max_edges) +
                            " dependencies in total, not " + std::to_string(edges));
        return index;
    }
    if (steps.size() > max_steps_with_undo &&
        std::ranges::any_of(steps, [](auto const& step) { return step.compensate.has_value(); })) {
        in.problems.add("steps", 0,
                        "must have at most " + std::to_string(max_steps_with_undo) +
                            " steps if one has `compensate`, not " + std::to_string(steps.size()));
    }
    step_graph graph{steps.size()};
    dependency_checker checker{in, index, graph};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].dependencies) {
            checker.check(i, steps[i], given[i]);
        }
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        check_joins(in, i, steps[i], given[i]);
        auto const check = [&](std::string_view key, std::optional<std::string> const& mapping) {
            if (mapping) {
                check_placeholders(in, i, steps[i], given[i], key, *mapping);
            }
        };
        check("inputs", steps[i].inputs);
        check("workflow.context", steps[i].child_context);
        if (steps[i].sleep_until) {
            std::string text;
            json::append_string(text, *steps[i].sleep_until);
            check("sleep.until", text);
        }
    }
    check_signal_names(in, steps, given);
    check_cycles(in, graph, index, given);
    return index;
}

void check_result(reading in, std::string const& mapping, std::uint32_t line,
                  step_index const& index) {
    for_each_placeholder(mapping, [&](auto const& placeholder, auto const& name) {
        std::string problem;
        if (placeholder.source != "steps") {
            return;
        }
        if (!name) {
            problem = shown(placeholder.text) + " must name a step: ${steps/NAME}";
        } else if (!index.numbers.empty() && !index.numbers.contains(*name)) {
            problem = unknown_step(in, *name, index);
        } else {
            return;
        }
        in.problems.add(json::joined_path("result", placeholder.path), static_cast<int>(line),
                        std::move(problem));
    });
}

void check_exists(reading in, document_path const& path, node_index node, step_index const& index) {
    std::string_view const name = in.source[node].text;
    // A document without steps has only that problem.
    if (!index.numbers.empty() && !index.numbers.contains(name)) {
        in.problems.add(path, in.source[node], unknown_step(in, name, index));
    }
}

} // namespace tasker::model
