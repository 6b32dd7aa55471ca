#include "tasker_core.hpp"

#include "template_fields.hpp"

#include "tasker/json/text.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::array<std::string_view, 6> batch_keys{"batch_size",      "parallelism",
                                                     "cursor_field",    "checkpoint_interval",
                                                     "worker_template", "failure_strategy"};
constexpr std::array<std::string_view, 3> failure_strategies{"fail_fast", "continue_on_failure",
                                                             "isolate_failed"};
constexpr std::int32_t most_parallel = 100'000;

/// The types of a step's dependencies, and what is wrong with a step that has a type.
class translator {
public:
    translator(reading in, std::vector<step_template>& steps, std::vector<given_step> const& given,
               step_index const& index)
        : in_{in},
          steps_{steps},
          given_{given},
          index_{index} {
        types_.reserve(steps.size());
        for (auto const& step : steps) {
            types_.push_back(step.type.value_or(step_type::standard));
        }
    }

    void translate(std::size_t number) {
        auto& step = steps_[number];
        auto const type = types_[number];
        if (type != step_type::standard && step.kind() != step_kind::handler) {
            add(number, "type",
                "cannot be combined with `map`, `sleep`, `signal` or `workflow`, unless it is "
                "standard");
            return;
        }
        if (given_[number].batches && type != step_type::batchable &&
            type != step_type::batch_worker) {
            add(number, "batch_config",
                "has no effect on a step whose type is neither batchable nor batch_worker");
        }
        if (type == step_type::deferred_convergence) {
            converge(number);
        } else if (auto const decision = find_parent(number, step_type::decision)) {
            run_if_chosen(number, *decision);
        }
        if (type == step_type::batch_worker) {
            run_for_each_batch(number);
        }
        if (type != step_type::standard) {
            step.type.reset();
        }
    }

private:
    void add(std::size_t number, std::string_view key, std::string problem) {
        std::string path = "steps";
        append_index(path, number);
        path.append(".").append(key);
        in_.problems.add(std::move(path), static_cast<int>(given_[number].line_of(key)),
                         std::move(problem));
    }

    /// Reports a key that the type sets.
    void refuse(std::size_t number, std::string_view key, bool is_given, std::string_view type) {
        if (is_given) {
            add(number, key, "cannot be combined with `type: " + std::string{type} + '`');
        }
    }

    /// The first dependency that has this type; a second one is reported.
    std::optional<std::string> find_parent(std::size_t number, step_type type) {
        std::optional<std::string> found;
        auto const& step = steps_[number];
        for (auto const& name : step.dependencies.value_or(std::vector<std::string>{})) {
            auto const parent = index_.numbers.find(name);
            if (parent == index_.numbers.end() ||
                types_[static_cast<std::size_t>(parent->second)] != type) {
                continue;
            }
            if (found) {
                add(number, "type",
                    "the step depends on " + shown(*found) + " and " + shown(name) +
                        ", which are both of type " +
                        std::string{step_type_names[static_cast<std::size_t>(type)]});
                return found;
            }
            found = name;
        }
        return found;
    }

    /// The step runs when its parents that run have ended.
    void converge(std::size_t number) {
        auto& step = steps_[number];
        refuse(number, "join", step.join.has_value(), "deferred_convergence");
        if (!step.dependencies || step.dependencies->empty()) {
            add(number, "type", "has no effect on a step without dependencies");
        }
        step.join = join_rule::none_failed;
    }

    /// The step runs if the result of the decision names it.
    void run_if_chosen(std::size_t number, std::string const& decision) {
        auto& step = steps_[number];
        if (step.condition) {
            add(number, "when",
                "cannot be combined with the dependency " + shown(decision) +
                    ", whose type is decision: its result names the steps that run");
        }
        step.condition =
            "$.\"" + decision + "\".decision_point_outcome.step_names[*] == \"" + step.name + '"';
    }

    /// The step is a map over the batches of the step before it; without batches it is skipped.
    void run_for_each_batch(std::size_t number) {
        auto& step = steps_[number];
        auto const& given = given_[number];
        refuse(number, "when", step.condition.has_value(), "batch_worker");
        refuse(number, "repeat", step.repeat_until.has_value(), "batch_worker");
        refuse(number, "inputs", step.inputs.has_value(), "batch_worker");
        auto const parent = find_parent(number, step_type::batchable);
        if (!parent) {
            add(number, "type", "needs a dependency of type batchable");
            return;
        }
        auto const& planned = given_[static_cast<std::size_t>(index_.numbers.at(*parent))].batches;
        auto const& batches = given.batches ? given.batches : planned;
        std::string const outcome = "$.\"" + *parent + "\".batch_processing_outcome";
        step.condition = outcome + ".type == \"create_batches\"";
        step.map_over = outcome + ".cursor_configs";
        step.inputs = R"({"batch_metadata":)" + (batches ? batches->metadata : "{}") +
                      R"(,"cursor":"${item}","is_no_op":false})";
        if (batches && batches->parallelism) {
            step.map_max_parallel = batches->parallelism;
        }
    }

    reading in_;
    std::vector<step_template>& steps_;
    std::vector<given_step> const& given_;
    step_index const& index_;
    std::vector<step_type> types_; ///< as given: those of the steps change
};

} // namespace

bool is_empty(document_node const& node) {
    switch (node.kind) {
    case node_kind::null:
        return true;
    case node_kind::list:
    case node_kind::mapping:
        return node.children == 0;
    default:
        return false;
    }
}

void check_empty_keys(reading in, document_path const& path, mapping_reader const& from) {
    for (auto const key : core_empty_keys) {
        auto const node = from.find(key);
        if (node && !is_empty(in.source[*node])) {
            in.problems.add(document_path{path, key}, in.source[*node],
                            "is a key of tasker-core, which is accepted only if it is empty");
        }
    }
}

std::optional<batch_settings> read_batch_config(reading in, document_path const& step_path,
                                                mapping_reader const& step) {
    auto const node = step.find("batch_config");
    if (!node) {
        return std::nullopt;
    }
    document_path const path{step_path, "batch_config"};
    mapping_reader const from{in, path, *node, batch_keys};
    auto const number = [&](std::string_view key, std::int32_t most) {
        auto const value = from.find(key);
        return value ? read_integer(in, document_path{path, key}, *value, 1, most) : std::nullopt;
    };
    auto const text = [&](std::string_view key) {
        auto const value = from.find(key);
        return value ? read_string(in, document_path{path, key}, *value) : std::nullopt;
    };
    constexpr auto no_limit = std::numeric_limits<std::int32_t>::max();
    number("batch_size", no_limit); // of the handler that plans the batches
    text("worker_template");        // the dependencies name the worker
    batch_settings out;
    out.metadata.clear();
    {
        json::object_writer metadata{out.metadata};
        if (auto const interval = number("checkpoint_interval", no_limit)) {
            metadata.number("checkpoint_interval", *interval);
        }
        if (auto const field = text("cursor_field")) {
            // It becomes a part of `inputs`, where `${` begins a placeholder.
            metadata.text("cursor_field",
                          boost::replace_all_copy(std::string{*field}, "${", "$${"));
        }
        document_path const strategy_path{path, "failure_strategy"};
        word_kind const strategies{failure_strategies};
        auto const value = from.find("failure_strategy");
        if (auto const strategy =
                value ? strategies.read_index(in, strategy_path, *value) : std::nullopt) {
            metadata.text("failure_strategy", failure_strategies.at(*strategy));
        }
    }
    out.parallelism = number("parallelism", most_parallel);
    return out;
}

void translate_types(reading in, std::vector<step_template>& steps,
                     std::vector<given_step> const& given, step_index const& index) {
    translator types{in, steps, given, index};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        types.translate(i);
    }
}

} // namespace tasker::model
