#include "failure.hpp"

#include "python_parts.hpp"

#include <pybind11/stl.h>

#include <chrono>
#include <optional>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// (message, type, is permanent, milliseconds until the next attempt, traceback, fails the task)
using described = std::tuple<std::string, std::string, bool, std::optional<std::int64_t>,
                             std::optional<std::string>, bool>;

described describe(py::error_already_set const& raised) {
    return python_parts::get().describe(raised.value()).cast<described>();
}

} // namespace

worker::step_result no_such_parent::to_failure(worker::step_context const& of) const {
    std::string names;
    for (auto const& [name, result] : of.parents().items()) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return worker::permanent_error("the handler needs parent \"" + parameter_ + "\", but step \"" +
                                       std::string{of.name()} + "\" has " +
                                       (names.empty() ? "no parents" : "the parents " + names),
                                   "unknown_parameter");
}

worker::step_result to_failure(py::error_already_set const& raised) {
    try {
        if (raised.trace()) {
            PyException_SetTraceback(raised.value().ptr(), raised.trace().ptr());
        }
        auto [message, type, permanent, retry_after_ms, traceback, fails_task] = describe(raised);
        worker::step_failure failure{.message = std::move(message),
                                     .type = std::move(type),
                                     .permanent = permanent,
                                     .traceback = std::move(traceback),
                                     .fails_task = fails_task};
        if (retry_after_ms) {
            failure.retry_after = std::chrono::milliseconds{*retry_after_ms};
        }
        return failure;
    } catch (std::exception const& also_failed) { // its __str__ raises, or there is no memory, …
        return worker::retryable_error(
            std::string{"raised an exception that cannot be described: "} + also_failed.what(),
            "unknown_exception");
    }
}

worker::step_result invalid_result(py::error_already_set const& refused) {
    try {
        auto const description = describe(refused); // what() would include all frames of the worker
        return invalid_result(std::get<1>(description) + ": " + std::get<0>(description));
    } catch (std::exception const& also_failed) {
        return invalid_result(std::string{also_failed.what()});
    }
}

worker::step_result invalid_result(std::string const& why) {
    return worker::permanent_error("the result cannot be written as JSON: " + why,
                                   "invalid_result");
}

} // namespace tasker::python
