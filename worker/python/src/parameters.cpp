#include "parameters.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace py = pybind11;

namespace tasker::python {

namespace {

constexpr std::array<std::pair<std::string_view, source>, 8> sources{{
    {"context", source::context},
    {"parents", source::parents},
    {"inputs", source::inputs},
    {"initialization", source::initialization},
    {"step", source::step},
    {"parent", source::parent},
    {"model", source::model},
    {"others", source::others},
}};

source to_source(std::string_view name) {
    for (auto const& [source_name, value] : sources) {
        if (source_name == name) {
            return value;
        }
    }
    throw py::value_error{"no source of a parameter: " + std::string{name}};
}

parameter to_parameter(py::handle described) {
    auto const parts = described.cast<py::tuple>();
    if (parts.size() != 5) {
        throw py::value_error{"a parameter is (name, source, convert, is_required, keeps_digits)"};
    }
    py::str name = parts[0];
    PyUnicode_InternInPlace(&name.ptr());
    return {.name = std::move(name),
            .from = to_source(parts[1].cast<std::string_view>()),
            .convert = parts[2],
            .is_required = parts[3].cast<bool>(),
            .read_as = parts[4].cast<bool>() ? floats::with_digits : floats::plain};
}

} // namespace

std::shared_ptr<python_handler> make_handler(py::function call, py::sequence const& described) {
    std::vector<parameter> parameters;
    for (auto const each : described) {
        parameters.push_back(to_parameter(each));
    }
    return std::make_shared<python_handler>(std::move(call), std::move(parameters));
}

} // namespace tasker::python
