#pragma once

#include "tasker/worker/step_context.hpp"

#include <pybind11/pybind11.h>

#include <optional>
#include <string_view>

namespace tasker::python {

/// How the numbers of a value are read that have a fraction or an exponent.
enum class floats {
    plain,
    with_digits, ///< for a Decimal, see read_json_with_digits()
};

/// A step as a Python handler sees it: `tasker.Step`. Parses its JSON at the first use and keeps
/// the objects, so that parameters and attributes are the same objects. Threads: those that hold
/// the GIL.
class step {
public:
    explicit step(worker::step_context of) : of_{std::move(of)} {}

    worker::step_context const& of() const noexcept {
        return of_;
    }

    pybind11::object context(floats as = floats::plain);
    /// dict of the parents' results
    pybind11::object parents(floats as = floats::plain);
    pybind11::object inputs(floats as = floats::plain);
    pybind11::object parent_states(); ///< dict of how the parents ended
    pybind11::object initialization(floats as = floats::plain);
    /// dict of "item" and "index", or of "items"; empty without `map`
    pybind11::dict item_members(floats as = floats::plain);
    pybind11::object previous(); ///< the result of the last run of a step with `repeat`

    /// Seconds since the epoch, by the host's clock; None if the template sets no time-out.
    std::optional<double> deadline() const;

    /// Waits without the GIL; false if the step was cancelled, which ends the wait.
    bool wait(double seconds) const;

    /// Errors: tasker.Permanent for a checkpoint that cannot be stored, TypeError and others for a
    /// value that is not JSON.
    void set_checkpoint(pybind11::handle of) const;

    /// Amounts by unit. Errors: ValueError, TypeError for what is no whole number.
    void spend(pybind11::kwargs const& amounts) const;

private:
    struct value {
        pybind11::object plain;
        pybind11::object with_digits;

        pybind11::object read(std::string_view json, floats as);
    };

    worker::step_context of_;
    value context_;
    value parents_;
    value inputs_;
    value parent_states_;
    value initialization_;
    value previous_;
    value item_;
};

void bind_step(pybind11::module_& module);

} // namespace tasker::python
