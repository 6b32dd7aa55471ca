#include "trial_binding.hpp"

#include "json_reader.hpp"
#include "parameters.hpp"

#include "tasker/base/time.hpp"
#include "tasker/json/placeholders.hpp"
#include "tasker/json_schema/validator.hpp"
#include "tasker/model/compiled_template.hpp"
#include "tasker/worker/run_handler.hpp"

#include <pybind11/stl.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace py = pybind11;

namespace tasker::python {

namespace {

std::vector<std::string> to_texts(std::vector<documents::located_problem> const& problems) {
    std::vector<std::string> texts;
    texts.reserve(problems.size());
    for (auto const& each : problems) {
        texts.push_back(documents::to_string(each));
    }
    return texts;
}

/// (problems, None) or ([], {"namespace", "name", "version", "input_schema", "result", "budget",
/// "steps", "definition"}).
py::tuple compile_template(std::string_view text, bool is_json, std::string_view environment) {
    auto const parsed =
        is_json ? model::parse_template_json(text) : model::parse_template_yaml(text);
    if (!parsed) {
        return py::make_tuple(to_texts(parsed.error().problems), py::none());
    }
    auto const compiled = model::compile(*parsed, environment);
    py::dict result;
    result["namespace"] = compiled.name_space;
    result["name"] = compiled.name;
    result["version"] = compiled.version;
    result["input_schema"] = parsed->input_schema;
    result["result"] = parsed->result;
    result["budget"] = read_json(parsed->budget.value_or("null"));
    result["steps"] = read_json(model::steps_json(compiled));
    result["definition"] = read_json(compiled.definition);
    return py::make_tuple(std::vector<std::string>{}, result);
}

/// The problems of a context by the input_schema of a compiled template, or of another value, which
/// the problems call `name`.
std::vector<std::string> check_context(std::string_view schema, std::string_view context,
                                       std::string_view name) {
    return to_texts(
        json_schema::validator::compile(schema, "schema").value().validate(context, name));
}

/// The context with the defaults of the input_schema.
std::string with_defaults(std::string_view schema, std::string const& context) {
    return json_schema::validator::compile(schema, "schema")
        .value()
        .with_defaults(context)
        .value_or(context);
}

/// The result of a task by the `result` of its template.
std::string fill_result(std::string_view mapping, std::string_view context,
                        std::string_view steps) {
    std::array<json::named_json, 2> const sources{{{"context", context}, {"steps", steps}}};
    return json::fill(json::split_json(mapping), sources, json::absent_value::null);
}

struct trial {
    std::string name;
    std::string method;
    std::string context;
    std::string parents;
    std::string parent_states;
    std::string item;
    std::string inputs;
    std::string initialization;
    std::optional<std::string> settings;
    std::int32_t failures = 0;
    std::int32_t max_attempts = 1;
    std::optional<std::string> checkpoint;
    std::optional<std::string> repetition;
};

/// The last checkpoint as JSON or None, a dict of what was spent, and then "success", "children" or
/// "finish", and JSON; or "failure", message, type, is permanent, milliseconds or None, traceback
/// or None, fails the task.
py::tuple try_handler(py::function call, py::sequence const& parameters, trial const& step) {
    auto const handler = share(make_handler(std::move(call), parameters));
    worker::trial_notes notes;
    auto result = worker::try_handler(handler,
                                      {.name = step.name,
                                       .method = step.method,
                                       .failures = step.failures,
                                       .max_attempts = step.max_attempts},
                                      {.context = step.context,
                                       .parents = step.parents,
                                       .parent_states = step.parent_states,
                                       .item = step.item,
                                       .inputs = step.inputs,
                                       .initialization = step.initialization,
                                       .settings = step.settings,
                                       .checkpoint = step.checkpoint,
                                       .repetition = step.repetition},
                                      &notes);
    if (auto const* const failure = result.failure()) {
        std::optional<std::int64_t> retry_after_ms;
        if (failure->retry_after) {
            retry_after_ms = failure->retry_after->count();
        }
        return py::make_tuple(notes.checkpoint, notes.spent, "failure", failure->message,
                              failure->type, failure->permanent, retry_after_ms, failure->traceback,
                              failure->fails_task);
    }
    auto const* const kind = result.wants_children()  ? "children"
                             : result.finishes_task() ? "finish"
                                                      : "success";
    return py::make_tuple(notes.checkpoint, notes.spent, kind, std::move(result).json_text());
}

/// The duration of each call in nanoseconds, on a thread like the pool's: from the step to its
/// result as text, including taking and releasing the GIL.
std::vector<std::int64_t> time_calls(py::function call, py::sequence const& parameters,
                                     std::string const& context, std::string const& parents,
                                     std::size_t calls) {
    auto const handler = make_handler(std::move(call), parameters);
    std::vector<std::int64_t> took(calls);
    auto const measure = [&handler, &took](worker::step_context const& step) {
        for (auto& each : took) {
            auto const before = steady_clock::now();
            auto result = (*handler)(step);
            if (!result.is_success()) {
                return result;
            }
            static_cast<void>(std::move(result).json_text());
            each = std::chrono::nanoseconds{steady_clock::now() - before}.count();
        }
        return worker::success();
    };
    auto result = worker::success();
    {
        py::gil_scoped_release const others;
        std::jthread{[&] {
            result = worker::try_handler(measure, {}, {.context = context, .parents = parents});
        }};
    }
    if (auto const* const failure = result.failure()) {
        throw std::runtime_error{failure->type + ": " + failure->message};
    }
    return took;
}

} // namespace

void bind_trial(py::module_& module) {
    module.def("compile_template", &compile_template, py::arg("text"), py::arg("is_json"),
               py::arg("environment"));
    module.def("check_context", &check_context, py::arg("schema"), py::arg("context"),
               py::arg("name") = "context");
    module.def("with_defaults", &with_defaults, py::arg("schema"), py::arg("context"));
    module.def("fill_result", &fill_result, py::arg("mapping"), py::arg("context"),
               py::arg("steps"));
    module.def("time_calls", &time_calls, py::arg("call"), py::arg("parameters"),
               py::arg("context"), py::arg("parents"), py::arg("calls"));
    module.def(
        "try_handler",
        [](py::function call, py::sequence const& parameters, std::string name, std::string method,
           std::string context, std::string parents, std::string parent_states, std::string item,
           std::string inputs, std::string initialization, std::optional<std::string> settings,
           std::int32_t failures, std::int32_t max_attempts, std::optional<std::string> checkpoint,
           std::optional<std::string> repetition) {
            return try_handler(std::move(call), parameters,
                               {std::move(name), std::move(method), std::move(context),
                                std::move(parents), std::move(parent_states), std::move(item),
                                std::move(inputs), std::move(initialization), std::move(settings),
                                failures, max_attempts, std::move(checkpoint),
                                std::move(repetition)});
        },
        py::arg("call"), py::arg("parameters"), py::arg("name"), py::arg("method"),
        py::arg("context"), py::arg("parents"), py::arg("parent_states"), py::arg("item"),
        py::arg("inputs"), py::arg("initialization"), py::arg("settings"), py::arg("failures"),
        py::arg("max_attempts"), py::arg("checkpoint") = py::none(),
        py::arg("repetition") = py::none());
}

} // namespace tasker::python
