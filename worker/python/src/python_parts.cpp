#include "python_parts.hpp"

#include "tasker/base/assert.hpp"

namespace py = pybind11;

namespace tasker::python {

namespace {

python_parts const* loaded = nullptr;

} // namespace

python_parts const& python_parts::get() noexcept {
    TASKER_ASSERT(loaded != nullptr);
    return *loaded;
}

void python_parts::load() {
    auto const json = py::module_::import("tasker._json");
    loaded = new python_parts{
        .loads = py::module_::import("json").attr("loads"),
        .loads_with_digits = json.attr("loads_with_digits"),
        .plain_value = json.attr("plain"),
        .plain_key = json.attr("key"),
        .describe = py::module_::import("tasker._failures").attr("describe"),
        .children = py::module_::import("tasker._children").attr("Children"),
        .finished = py::module_::import("tasker._finish").attr("Finish"),
        .permanent = py::module_::import("tasker.errors").attr("Permanent"),
        .finish = py::module_::import("tasker._running").attr("finish"),
    };
}

} // namespace tasker::python
