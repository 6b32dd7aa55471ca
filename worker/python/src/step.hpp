#pragma once

#include "tasker/worker/step_context.hpp"

#include <pybind11/pybind11.h>

#include <optional>

namespace tasker::python {

/// A step as a Python handler sees it: `tasker.Step`. Parses its JSON at the first use and keeps
/// the objects, so that parameters and attributes are the same objects. Threads: those that hold
/// the GIL.
class step {
public:
    explicit step(worker::step_context of) : of_{std::move(of)} {}

    worker::step_context const& of() const noexcept {
        return of_;
    }

    pybind11::object context();
    pybind11::object parents(); ///< dict of the parents' results
    pybind11::object initialization();

    /// Seconds since the epoch, by the host's clock; None if the template sets no time-out.
    std::optional<double> deadline() const;

    /// Waits without the GIL; false if the step was cancelled, which ends the wait.
    bool wait(double seconds) const;

private:
    worker::step_context of_;
    pybind11::object context_;
    pybind11::object parents_;
    pybind11::object initialization_;
};

void bind_step(pybind11::module_& module);

} // namespace tasker::python
