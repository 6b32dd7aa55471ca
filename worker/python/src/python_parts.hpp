#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// The functions of the package's Python part, and of Python itself, that C++ calls. Imported once
/// with the module: an import under a C++ lock could deadlock with the holder of the GIL. Never
/// destroyed.
struct python_parts {
    pybind11::object loads;             ///< json.loads
    pybind11::object loads_with_digits; ///< tasker._json.loads_with_digits
    pybind11::object plain_value;       ///< tasker._json.plain
    pybind11::object plain_key;         ///< tasker._json.key
    pybind11::object describe;          ///< tasker._failures.describe
    pybind11::object children;          ///< the class tasker._children.Children
    pybind11::object finished;          ///< the class tasker._finish.Finish
    pybind11::object permanent;         ///< tasker.errors.Permanent
    pybind11::object finish;            ///< tasker._running.finish: runs coroutines and generators

    static python_parts const& get() noexcept;

    /// The package calls it once its Python part can be imported. Errors: those of the imports.
    static void load();
};

} // namespace tasker::python
