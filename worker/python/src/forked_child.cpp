#include "forked_child.hpp"

#include "gil.hpp"
#include "running_workers.hpp"

#include <cstdlib>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// Changes only in a child that has one thread.
int forks = 0;

[[noreturn]] void end_with(int code) {
    PyRun_SimpleString("import sys; sys.stdout.flush(); sys.stderr.flush()");
    std::_Exit(code);
}

/// As in Python: None is 0, a number is itself, any other value is printed and is 1.
int code_of(py::handle exit) {
    py::object const code = exit.attr("code");
    if (code.is_none()) {
        return 0;
    }
    if (py::isinstance<py::int_>(code)) {
        return code.cast<int>() & 0xFF;
    }
    py::print(code, py::arg("file") = py::module_::import("sys").attr("stderr"));
    return 1;
}

} // namespace

int fork_count() noexcept {
    return forks;
}

void end_forked_child() {
    end_with(0);
}

void end_forked_child(py::error_already_set& raised) {
    if (raised.matches(PyExc_SystemExit)) {
        end_with(code_of(raised.value()));
    }
    raised.restore();
    PyErr_Print();
    end_with(1);
}

void watch_forks() {
    auto const in_child = [] {
        ++forks;
        forget_other_threads();
        running_workers::forget();
    };
    py::module_::import("os").attr("register_at_fork")(py::arg("after_in_child") =
                                                           py::cpp_function{in_child});
}

} // namespace tasker::python
