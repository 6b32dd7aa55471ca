#include "python_handler.hpp"

#include "failure.hpp"
#include "forked_child.hpp"
#include "gil.hpp"
#include "json_writer.hpp"
#include "python_parts.hpp"

#include "tasker/worker/children.hpp"

#include <algorithm>
#include <utility>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// In Python, "-" and "." in names of steps become "_".
bool is_named(PyObject* step_name, std::string_view parameter) {
    auto const name = py::handle{step_name}.cast<std::string_view>();
    return std::ranges::equal(name, parameter, [](char of_step, char of_parameter) {
        return of_step == of_parameter ||
               (of_parameter == '_' && (of_step == '-' || of_step == '.'));
    });
}

/// The key of the parent that a parameter names, or null.
py::handle find_parent(py::handle parents, py::str const& name) {
    if (PyDict_Contains(parents.ptr(), name.ptr()) == 1) {
        return name;
    }
    auto const wanted = name.cast<std::string_view>();
    PyObject* key = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(parents.ptr(), &at, &key, nullptr) != 0) {
        if (is_named(key, wanted)) {
            return key;
        }
    }
    return {};
}

/// Whether it is awaitable or a generator.
bool needs_to_be_run(py::handle returned) {
    auto const* const async = Py_TYPE(returned.ptr())->tp_as_async;
    return (async != nullptr && async->am_await != nullptr) || PyGen_CheckExact(returned.ptr());
}

bool is_a(py::object const& type, py::handle value) {
    return Py_TYPE(value.ptr()) == reinterpret_cast<PyTypeObject*>(type.ptr());
}

worker::step_result to_result(py::handle returned) {
    try {
        if (is_a(python_parts::get().finished, returned)) {
            return worker::step_result::from_json_text(write_json(returned.attr("result")))
                .finishing_task();
        }
        if (is_a(python_parts::get().children, returned)) {
            auto const rule = returned.attr("on_child_failure").cast<std::string_view>();
            return worker::children_from_json(write_json(returned.attr("wanted")),
                                              rule == "collect" ? worker::on_child_failure::collect
                                                                : worker::on_child_failure::fail);
        }
        return worker::step_result::from_json_text(write_json(returned));
    } catch (py::error_already_set const& refused) {
        return refused.matches(PyExc_MemoryError) ? to_failure(refused) : invalid_result(refused);
    } catch (py::builtin_exception const& refused) {
        return invalid_result(refused.what());
    }
}

} // namespace

/// The arguments of one call, with borrowed references to the names and owned ones to the values.
class python_handler::arguments {
public:
    arguments(std::vector<parameter> const& parameters, std::shared_ptr<step> of)
        : of_{std::move(of)} {
        names_.reserve(parameters.size());
        values_.reserve(parameters.size());
        for (auto const& each : parameters) {
            bind(each);
        }
    }

    py::object call(py::handle function) const {
        auto const count = values_.size();
        auto const names =
            py::reinterpret_steal<py::tuple>(PyTuple_New(static_cast<Py_ssize_t>(count)));
        std::vector<PyObject*> flat(count + 1); // one slot in front, which the callee may use
        for (std::size_t index = 0; index < count; ++index) {
            flat[index + 1] = values_[index].ptr();
            PyTuple_SET_ITEM(names.ptr(), static_cast<Py_ssize_t>(index),
                             names_[index].inc_ref().ptr());
        }
        auto* const returned = PyObject_Vectorcall(function.ptr(), flat.data() + 1,
                                                   0 | PY_VECTORCALL_ARGUMENTS_OFFSET, names.ptr());
        if (returned == nullptr) {
            throw py::error_already_set{};
        }
        return py::reinterpret_steal<py::object>(returned);
    }

private:
    void bind(parameter const& parameter) {
        switch (parameter.from) {
        case source::context:
            return add(parameter, of_->context(parameter.read_as));
        case source::parents:
            return add(parameter, of_->parents(parameter.read_as));
        case source::inputs:
            return add(parameter, of_->inputs(parameter.read_as));
        case source::initialization:
            return add(parameter, of_->initialization(parameter.read_as));
        case source::step:
            return add(parameter, py::cast(of_));
        case source::parent:
        case source::model:
            return bind_parent(parameter);
        case source::others:
            return bind_others();
        }
    }

    void bind_parent(parameter const& parameter) {
        auto const parents = of_->parents(parameter.read_as);
        if (auto const key = find_parent(parents, parameter.name)) {
            used_.push_back(key);
            add(parameter, parents[key]);
        } else if (auto const item = of_->item_members(parameter.read_as);
                   item.contains(parameter.name)) {
            add(parameter, item[parameter.name]);
        } else if (parameter.from == source::model) {
            add(parameter, of_->context(parameter.read_as));
        } else if (parameter.is_required) {
            throw no_such_parent{parameter.name};
        }
    }

    void bind_others() {
        auto const parents = of_->parents();
        for (auto const& [name, value] : py::reinterpret_borrow<py::dict>(parents)) {
            auto const is_used = [&of = name](py::handle used) { return used.equal(of); };
            if (std::ranges::none_of(used_, is_used)) {
                names_.push_back(py::reinterpret_borrow<py::object>(name));
                values_.push_back(py::reinterpret_borrow<py::object>(value));
            }
        }
    }

    void add(parameter const& parameter, py::object value) {
        names_.push_back(parameter.name);
        values_.push_back(parameter.convert.is_none() ? std::move(value)
                                                      : parameter.convert(value));
    }

    std::shared_ptr<step> of_;
    std::vector<py::object> names_;
    std::vector<py::object> values_;
    std::vector<py::handle> used_;
};

python_handler::python_handler(py::function call, std::vector<parameter> parameters)
    : call_{std::move(call)},
      parameters_{std::move(parameters)} {}

python_handler::~python_handler() {
    give_up(std::move(call_));
    for (auto& each : parameters_) {
        give_up(std::move(each.name));
        give_up(std::move(each.convert));
    }
}

worker::step_result python_handler::operator()(worker::step_context const& of) const {
    gil_hold const gil;
    auto const forks = fork_count();
    try {
        // A separate scope, so that the handler's objects are released before the GIL.
        auto const called = std::make_shared<step>(of);
        auto const returned = call(called);
        if (fork_count() != forks) {
            end_forked_child();
        }
        return to_result(returned);
    } catch (no_such_parent const& missing) {
        return missing.to_failure(of);
    } catch (py::error_already_set& raised) {
        if (fork_count() != forks) {
            end_forked_child(raised);
        }
        return to_failure(raised);
    }
}

py::object python_handler::call(std::shared_ptr<step> const& of) const {
    auto returned = arguments{parameters_, of}.call(call_);
    if (needs_to_be_run(returned)) {
        return python_parts::get().finish(std::move(returned), of);
    }
    return returned;
}

worker::handler share(std::shared_ptr<python_handler const> handler) {
    return
        [handler = std::move(handler)](worker::step_context const& of) { return (*handler)(of); };
}

} // namespace tasker::python
