#include "completion.hpp"

#include <memory>

namespace py = pybind11;

namespace tasker::python {

void completion::set() {
    {
        std::lock_guard const lock{mutex_};
        is_set_ = true;
    }
    changed_.notify_all();
}

bool completion::wait(step const& of) {
    auto const stop = of.of().stop_token();
    py::gil_scoped_release const others;
    std::unique_lock lock{mutex_};
    return changed_.wait(lock, stop, [this] { return is_set_; });
}

void completion::wait_for_good() {
    py::gil_scoped_release const others;
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_set_; });
}

void bind_completion(py::module_& module) {
    py::class_<completion, std::shared_ptr<completion>>(module, "Completion")
        .def(py::init<>())
        .def("set", &completion::set)
        .def("wait", &completion::wait, py::arg("step"))
        .def("wait_for_good", &completion::wait_for_good);
}

} // namespace tasker::python
