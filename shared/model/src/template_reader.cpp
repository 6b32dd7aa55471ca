#include "documents.hpp"
#include "step_checks.hpp"
#include "tasker_core.hpp"
#include "template_fields.hpp"

#include "tasker/model/names.hpp"
#include "tasker/model/workflow_template.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::model {

namespace {

constexpr auto template_keys =
    joined(joined(keys_of(template_fields),
                  std::array<std::string_view, 3>{"defaults", "steps", "environments"}),
           core_template_keys);
constexpr auto defaults_keys = keys_of(settings_fields);
constexpr auto step_keys =
    joined(joined(keys_of(step_fields, settings_fields),
                  std::array<std::string_view, 2>{"dependencies", "depends_on"}),
           core_step_keys);
constexpr std::array<std::string_view, 1> environment_keys{"steps"};
constexpr auto override_keys =
    joined(std::array<std::string_view, 1>{"name"}, keys_of(settings_fields));

std::optional<std::vector<std::string>> read_dependencies(reading in, document_path const& path,
                                                          mapping_reader const& step,
                                                          given_step& places) {
    auto node = step.find("dependencies");
    std::string_view key = "dependencies";
    if (auto const alias = step.find("depends_on")) {
        if (node) {
            in.problems.add(document_path{path, "depends_on"}, in.source[*alias],
                            "is a synonym of dependencies; use only one of them");
        } else {
            node = alias;
            key = "depends_on";
        }
    }
    document_path const list_path{path, key};
    if (!node || !expect_list(in, list_path, *node)) {
        return std::nullopt;
    }
    places.dependencies_key = key;
    places.dependencies_line = in.source[*node].line;
    std::vector<std::string> out;
    out.reserve(in.source[*node].children);
    for_each_item(in.source, *node, [&](std::size_t index, node_index item) {
        if (auto const text = read_string(in, document_path{list_path, index}, item)) {
            out.emplace_back(*text);
            places.dependencies.push_back({index, in.source[item].line});
        }
    });
    return out;
}

/// A key that replaces the handler, and those that such a step cannot have.
struct kind_without_handler {
    std::string_view key;
    std::span<std::string_view const> without_effect;
};

constexpr std::string_view without_effect_on_waits[]{
    "retry",  "timeout_seconds", "lifecycle", "repeat",        "map",
    "matrix", "priority",        "inputs",    "result_schema", "compensate"};
constexpr std::string_view without_effect_on_workflow[]{"timeout_seconds", "lifecycle", "priority",
                                                        "inputs", "result_schema"};
constexpr std::array kinds_without_handler{
    kind_without_handler{"sleep", without_effect_on_waits},
    kind_without_handler{"signal", without_effect_on_waits},
    kind_without_handler{"workflow", without_effect_on_workflow},
};

/// Only one of the keys that run a handler or a child task several times.
void check_iteration(reading in, document_path const& path, mapping_reader const& step) {
    static constexpr std::array<std::string_view, 3> keys{"map", "matrix", "repeat"};
    std::string_view first;
    for (auto const key : keys) {
        auto const node = step.find(key);
        if (node && first.empty()) {
            first = key;
        } else if (node) {
            in.problems.add(document_path{path, key}, in.source[*node],
                            "cannot be combined with `" + std::string{first} + '`');
        }
    }
}

/// A step has a handler, or one of the keys that replace it; keys without effect are errors.
void check_kind(reading in, document_path const& path, mapping_reader const& step) {
    auto const refuse = [&](std::string_view key, std::string problem) {
        if (auto const node = step.find(key)) {
            in.problems.add(document_path{path, key}, in.source[*node], std::move(problem));
        }
    };
    for (std::size_t i = 0; i < kinds_without_handler.size(); ++i) {
        auto const& kind = kinds_without_handler.at(i);
        if (!step.find(kind.key)) {
            continue;
        }
        std::string const shown_key = '`' + std::string{kind.key} + '`';
        std::string const only_one =
            "cannot be combined with " + shown_key + ": a step has only one of them";
        refuse("handler", only_one);
        for (auto other = i + 1; other < kinds_without_handler.size(); ++other) {
            refuse(kinds_without_handler.at(other).key, only_one);
        }
        for (auto const key : kind.without_effect) {
            refuse(key, "has no effect on a step with " + shown_key);
        }
        return;
    }
    step.require("handler");
}

void read_step(reading in, document_path const& path, node_index node, workflow_template& out,
               std::vector<given_step>& given) {
    mapping_reader const source{in, path, node, step_keys};
    given_step places;
    step_template step;
    auto const line_of = [&](std::string_view key) {
        return in.source[source.find(key).value_or(node)].line;
    };
    check_kind(in, path, source);
    check_iteration(in, path, source);
    std::ranges::transform(given_step::keys, places.lines.begin(), line_of);
    read_fields(in, path, source, step_fields, step, completeness::whole);
    read_fields(in, path, source, settings_fields, step.settings, completeness::whole);
    step.dependencies = read_dependencies(in, path, source, places);
    check_empty_keys(in, path, source);
    read_step_lifecycle(in, path, source, step);
    places.batches = read_batch_config(in, path, source);
    out.steps.push_back(std::move(step));
    given.push_back(std::move(places));
}

void read_defaults(reading in, mapping_reader const& source, document_path const& root,
                   workflow_template& out) {
    auto const node = source.find("defaults");
    if (!node) {
        return;
    }
    document_path const path{root, "defaults"};
    mapping_reader const defaults{in, path, *node, defaults_keys};
    read_fields(in, path, defaults, settings_fields, out.defaults.emplace(), completeness::partial);
    if (out.defaults->callable) {
        in.problems.add(path, in.source[*node],
                        "must not have handler.callable: every step names its handler");
    }
}

std::vector<given_step> read_steps(reading in, mapping_reader const& source,
                                   document_path const& path, workflow_template& out) {
    std::vector<given_step> given;
    auto const node = source.require("steps");
    document_path const steps_path{path, "steps"};
    if (!node || !expect_list(in, steps_path, *node)) {
        return given;
    }
    std::size_t const count = in.source[*node].children;
    if (count == 0 || count > max_steps) {
        in.problems.add(steps_path, in.source[*node],
                        "must have 1 to " + std::to_string(max_steps) + " steps, not " +
                            std::to_string(count));
    }
    if (count > max_steps) {
        return given;
    }
    out.steps.reserve(count);
    given.reserve(count);
    for_each_item(in.source, *node, [&](std::size_t index, node_index item) {
        read_step(in, document_path{steps_path, index}, item, out, given);
    });
    return given;
}

void read_environment(reading in, document_path const& path, std::string_view name, node_index node,
                      step_index const& index, workflow_template& out) {
    environment_overrides environment{.name = std::string{name}, .steps = {}};
    mapping_reader const source{in, path, node, environment_keys};
    auto const steps = source.require("steps");
    document_path const steps_path{path, "steps"};
    std::unordered_map<std::string_view, std::uint32_t> overridden;
    if (steps && expect_list(in, steps_path, *steps)) {
        for_each_item(in.source, *steps, [&](std::size_t place, node_index item) {
            document_path const item_path{steps_path, place};
            mapping_reader const override_source{in, item_path, item, override_keys};
            auto const step = override_source.require("name");
            document_path const name_path{item_path, "name"};
            auto const text = step ? read_string(in, name_path, *step) : std::nullopt;
            if (text && *text != every_step) {
                check_exists(in, name_path, *step, index);
            }
            if (text) {
                auto const [first, is_new] = overridden.try_emplace(*text, in.source[*step].line);
                if (!is_new) {
                    in.problems.add(name_path, in.source[*step],
                                    "overrides " + shown(*text) + " again; the first is on line " +
                                        std::to_string(first->second));
                }
            }
            step_override change{.step = std::string{text.value_or("")}, .settings = {}};
            read_fields(in, item_path, override_source, settings_fields, change.settings,
                        completeness::partial);
            environment.steps.push_back(std::move(change));
        });
    }
    out.environments.push_back(std::move(environment));
}

void read_environments(reading in, mapping_reader const& source, document_path const& path,
                       step_index const& index, workflow_template& out) {
    auto const node = source.find("environments");
    if (!node) {
        return;
    }
    document_path const environments_path{path, "environments"};
    if (in.source[*node].kind != node_kind::mapping) {
        in.problems.add(environments_path, in.source[*node],
                        "must be a mapping, not " + std::string{describe(in.source[*node].kind)});
        return;
    }
    for_each_member(in.source, *node, [&](document_node const& key, node_index value) {
        document_path const environment_path{environments_path, key.text};
        if (auto problem = name_problem(key.text)) {
            in.problems.add(environment_path, key, "the name of an environment " + *problem);
        }
        read_environment(in, environment_path, key.text, value, index, out);
    });
    std::ranges::sort(out.environments, {}, &environment_overrides::name);
}

workflow_template read_template(reading in) {
    workflow_template out;
    document_path const root;
    check_duplicate_keys(in);
    mapping_reader const source{in, root, in.source.root(), template_keys};
    out.name_space = "default";
    read_fields(in, root, source, template_fields, out, completeness::whole);
    check_empty_keys(in, root, source);
    read_defaults(in, source, root, out);
    std::vector<given_step> const given = read_steps(in, source, root, out);
    step_index const index = check_steps(in, out.steps, given);
    translate_types(in, out.steps, given, index);
    if (out.result) {
        check_result(in, *out.result, in.source[*source.find("result")].line, index);
    }
    read_environments(in, source, root, index, out);
    read_task_lifecycle(in, root, source, out);
    return out;
}

template_result parse(std::string_view text, document (*read)(std::string_view)) {
    problem_list problems;
    try {
        document const source = read(text);
        workflow_template out = read_template({source, problems});
        if (problems.empty()) {
            return out;
        }
    } catch (unreadable_document const& failure) {
        problems.add(failure.problem.path, failure.problem.line, failure.problem.problem);
    }
    return invalid_template{std::move(problems).finish()};
}

} // namespace

template_result parse_template_yaml(std::string_view text) {
    return parse(text, documents::read_yaml);
}

template_result parse_template_json(std::string_view text) {
    return parse(text, documents::read_json);
}

void throw_exception_from_error(invalid_template const& invalid,
                                boost::source_location const& /*where*/) {
    std::string message = "the template is not valid";
    for (auto const& problem : invalid.problems) {
        message.append("\n").append(to_string(problem));
    }
    throw std::runtime_error{message};
}

} // namespace tasker::model
