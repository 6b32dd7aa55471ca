#include "log_binding.hpp"

#include "tasker/log/log.hpp"

#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// By the level numbers of Python's logging.
log::level to_level(int number) {
    constexpr int info = 20;
    constexpr int warning = 30;
    constexpr int error = 40;
    if (number >= error) {
        return log::level::error;
    }
    if (number >= warning) {
        return log::level::warn;
    }
    return number >= info ? log::level::info : log::level::debug;
}

struct origin {
    std::string task;
    std::string step;
    std::int32_t attempt = 0;
};

/// Without the GIL, because the reader of the log may be slow.
void write(int number, std::string const& logger, std::string const& message,
           std::optional<origin> const& from) {
    py::gil_scoped_release const others;
    if (from) {
        log::write(to_level(number), "handler_log",
                   {{"task", from->task},
                    {"step", from->step},
                    {"attempt", from->attempt},
                    {"logger", logger},
                    {"message", message}});
    } else {
        log::write(to_level(number), "python_log", {{"logger", logger}, {"message", message}});
    }
}

} // namespace

void bind_log(py::module_& module) {
    module.def("is_logged", [](int number) { return log::enabled(to_level(number)); });
    module.def("log", [](int number, std::string const& logger, std::string const& message) {
        write(number, logger, message, {});
    });
    module.def("log", [](int number, std::string const& logger, std::string const& message,
                         std::string task, std::string step, std::int32_t attempt) {
        write(number, logger, message, origin{std::move(task), std::move(step), attempt});
    });
}

} // namespace tasker::python
