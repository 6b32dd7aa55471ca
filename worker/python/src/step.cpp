#include "step.hpp"

#include "json_reader.hpp"
#include "json_writer.hpp"
#include "python_parts.hpp"

#include "tasker/worker/step_result.hpp"

#include <pybind11/chrono.h>
#include <pybind11/stl.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace py = pybind11;

namespace tasker::python {

namespace {

std::string shown(step const& self) {
    return "<tasker.Step " + std::string{self.of().name()} + " of task " +
           self.of().task().to_string() + ", attempt " + std::to_string(self.of().attempt()) + '>';
}

} // namespace

py::object step::value::read(std::string_view json, floats as) {
    auto& kept = as == floats::plain ? plain : with_digits;
    if (!kept) {
        kept = as == floats::plain ? read_json(json) : read_json_with_digits(json);
    }
    return kept;
}

py::object step::context(floats as) {
    return context_.read(of_.context_text(), as);
}

py::object step::parents(floats as) {
    return parents_.read(of_.parents_text(), as);
}

py::object step::inputs(floats as) {
    return inputs_.read(of_.inputs_text(), as);
}

py::object step::parent_states() {
    return parent_states_.read(of_.parent_states_text(), floats::plain);
}

py::object step::initialization(floats as) {
    return initialization_.read(of_.initialization_text(), as);
}

py::dict step::item_members(floats as) {
    return item_.read(of_.item_text(), as);
}

py::object step::previous() {
    return previous_.read(of_.previous_text(), floats::plain);
}

std::optional<double> step::deadline() const {
    auto const due = of_.deadline();
    if (!due) {
        return {};
    }
    using seconds = std::chrono::duration<double>;
    auto const left = std::chrono::duration_cast<seconds>(*due - steady_clock::now());
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return (std::chrono::duration_cast<seconds>(now) + left).count();
}

bool step::wait(double seconds) const {
    if (!(seconds >= 0)) {
        throw py::value_error{"a wait takes 0 seconds or more"};
    }
    constexpr double longest = 1e9;
    std::chrono::milliseconds const time{
        static_cast<std::int64_t>(std::ceil(std::min(seconds, longest) * 1'000))};
    py::gil_scoped_release const others;
    return of_.wait_for(time);
}

void step::set_checkpoint(py::handle of) const {
    try {
        of_.set_checkpoint_text(write_json(of));
    } catch (worker::permanent_failure const& refused) {
        auto const raised =
            python_parts::get().permanent(refused.what(), py::arg("type") = refused.type());
        PyErr_SetObject(py::type::of(raised).ptr(), raised.ptr());
        throw py::error_already_set{};
    }
}

void step::spend(py::kwargs const& amounts) const {
    for (auto const& [unit, amount] : amounts) {
        auto const name = unit.cast<std::string>();
        if (!py::isinstance<py::int_>(amount)) {
            throw py::type_error{
                "spend: " + name + " must be a whole number, not " +
                py::str(py::type::of(amount).attr("__name__")).cast<std::string>()};
        }
        int overflow = 0;
        auto const whole = PyLong_AsLongLongAndOverflow(amount.ptr(), &overflow);
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        of_.spend(name, overflow == 0 ? whole : overflow < 0 ? -most : most);
    }
}

void bind_step(py::module_& module) {
    using context = worker::step_context;
    auto const read = [](auto member) {
        return [member](step const& self) { return (self.of().*member)(); };
    };
    auto const item_member = [](char const* name) {
        return [name](step& self) -> py::object { return self.item_members().attr("get")(name); };
    };
    py::class_<step, std::shared_ptr<step>>(module, "Step", py::dynamic_attr())
        .def_property_readonly("task_id",
                               [](step const& self) { return self.of().task().to_string(); })
        .def_property_readonly("number", [](step const& self) { return self.of().number().value; })
        .def_property_readonly("name", read(&context::name))
        .def_property_readonly("namespace", read(&context::name_space))
        .def_property_readonly("template_name", read(&context::template_name))
        .def_property_readonly("template_version", read(&context::template_version))
        .def_property_readonly("handler", read(&context::handler))
        .def_property_readonly("method", read(&context::method))
        .def_property_readonly("attempt", read(&context::attempt))
        .def_property_readonly("max_attempts", read(&context::max_attempts))
        .def_property_readonly("failures", read(&context::failures))
        .def_property_readonly("delivery", read(&context::delivery))
        .def_property_readonly("idempotency_key", read(&context::idempotency_key))
        .def_property_readonly("context", [](step& self) { return self.context(); })
        .def_property_readonly("parents", [](step& self) { return self.parents(); })
        .def_property_readonly("inputs", [](step& self) { return self.inputs(); })
        .def_property_readonly("parent_states", &step::parent_states)
        .def_property_readonly("initialization", [](step& self) { return self.initialization(); })
        .def_property_readonly("item", item_member("item"))
        .def_property_readonly("index", item_member("index"))
        .def_property_readonly("items", item_member("items"))
        .def_property_readonly("iteration", read(&context::iteration))
        .def_property_readonly("previous", &step::previous)
        .def_property_readonly("deadline", &step::deadline)
        .def("is_cancelled", read(&context::is_cancelled))
        .def("wait", &step::wait, py::arg("seconds"))
        .def("checkpoint", [](step const& self) { return read_json(self.of().checkpoint_text()); })
        .def("checkpoint", &step::set_checkpoint, py::arg("value"))
        .def(
            "progress",
            [](step const& self, double share, std::string_view message) {
                self.of().progress(share, message);
            },
            py::arg("share"), py::arg("message") = "")
        .def("spend", &step::spend)
        .def("__repr__", &shown);
}

} // namespace tasker::python
