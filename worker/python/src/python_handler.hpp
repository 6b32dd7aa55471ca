#pragma once

#include "step.hpp"

#include "tasker/worker/handler.hpp"

#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

namespace tasker::python {

/// The source of a handler's parameter.
enum class source {
    context,        ///< the task's context
    parents,        ///< a dict of all parents' results
    inputs,         ///< the step's inputs
    initialization, ///< the template's handler.initialization
    step,           ///< the tasker.Step
    parent,         ///< the result of the parent of this name, or a member of step::item_members()
    model,          ///< the same if there is one, else the context
    others,         ///< **: the results of the parents that no parameter names
};

struct parameter {
    pybind11::str name;
    source from = source::parent;
    pybind11::object convert; ///< called with the value; None: no conversion
    bool is_required = true;  ///< false: omitted if there is no such parent
    floats read_as = floats::plain;
};

/// A Python function as a handler: binds its parameters by name, calls it, and turns its return
/// value into JSON and its exception into a failure.
/// Threads: any number at the same time; takes the GIL itself.
class python_handler {
public:
    python_handler(pybind11::function call, std::vector<parameter> parameters);
    python_handler(python_handler const&) = delete;
    python_handler& operator=(python_handler const&) = delete;
    ~python_handler();

    worker::step_result operator()(worker::step_context const& of) const;

private:
    class arguments;

    pybind11::object call(std::shared_ptr<step> const& of) const;

    pybind11::function call_;
    std::vector<parameter> parameters_;
};

/// For handler_registry, which copies.
worker::handler share(std::shared_ptr<python_handler const> handler);

} // namespace tasker::python
