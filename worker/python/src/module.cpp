// The extension module tasker._native. The Python part of the package is its public interface.

#include "completion.hpp"
#include "forked_child.hpp"
#include "json_reader.hpp"
#include "json_writer.hpp"
#include "log_binding.hpp"
#include "private_database.hpp"
#include "python_parts.hpp"
#include "step.hpp"
#include "trial_binding.hpp"
#include "worker_binding.hpp"

#include "tasker/base/version.hpp"

#include <pybind11/pybind11.h>

namespace py = pybind11;

PYBIND11_MODULE(_native, module) {
    module.attr("version") = std::string{tasker::version()};
    tasker::python::bind_step(module);
    tasker::python::bind_completion(module);
    tasker::python::bind_worker(module);
    tasker::python::bind_log(module);
    tasker::python::bind_trial(module);
    tasker::python::bind_private_database(module);
    tasker::python::watch_forks();
    module.def("load_parts", &tasker::python::python_parts::load);
    module.def(
        "read_json", [](std::string_view text) { return tasker::python::read_json(text); },
        py::arg("text"));
    module.def(
        "write_json", [](py::object const& value) { return tasker::python::write_json(value); },
        py::arg("value"));
}
