#include "json_writer.hpp"

#include "python_parts.hpp"

#include "tasker/json/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace py = pybind11;

namespace tasker::python {

namespace {

void append_text(std::string& out, PyObject* value) {
    Py_ssize_t size = 0;
    auto const* const utf8 = PyUnicode_AsUTF8AndSize(value, &size);
    if (utf8 == nullptr) {
        throw py::error_already_set{};
    }
    json::append_string(out, {utf8, static_cast<std::size_t>(size)});
}

void append_integer(std::string& out, PyObject* value) {
    int overflow = 0;
    auto const number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) {
        std::array<char, 24> digits{};
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out.append(digits.data(), end);
        return;
    }
    // The form of int, even for a subclass that prints differently.
    auto const text = py::reinterpret_steal<py::object>(PyLong_Type.tp_repr(value));
    if (!text) {
        throw py::error_already_set{};
    }
    out += text.cast<std::string_view>();
}

void append_float(std::string& out, double number) {
    if (!std::isfinite(number)) {
        throw py::value_error{std::string{"a number that JSON does not have: "} +
                              (std::isnan(number) ? "nan" : "infinity")};
    }
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string_view const text{digits.data(), static_cast<std::size_t>(end - digits.data())};
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) {
        out += ".0";
    }
}

class writer {
public:
    void append(PyObject* value) {
        if (value == Py_None) {
            out_ += "null";
        } else if (value == Py_True) {
            out_ += "true";
        } else if (value == Py_False) {
            out_ += "false";
        } else if (PyUnicode_CheckExact(value)) {
            append_text(out_, value);
        } else if (PyLong_CheckExact(value)) {
            append_integer(out_, value);
        } else if (PyFloat_CheckExact(value)) {
            append_float(out_, PyFloat_AS_DOUBLE(value));
        } else {
            append_nested(value);
        }
    }

    std::string take() && {
        return std::move(out_);
    }

private:
    /// Python's recursion limit detects values that contain themselves.
    class level {
    public:
        level() {
            if (Py_EnterRecursiveCall(" while writing JSON") != 0) {
                PyErr_Clear();
                throw py::value_error{"nested too deeply, or within itself"};
            }
        }

        level(level const&) = delete;
        level& operator=(level const&) = delete;

        ~level() {
            Py_LeaveRecursiveCall();
        }
    };

    void append_nested(PyObject* value) {
        level const deeper;
        if (PyDict_Check(value)) {
            append_dict(value);
        } else if (PyList_Check(value) || PyTuple_CheckExact(value)) {
            append_sequence(value);
        } else {
            append_other(value);
        }
    }

    void append_dict(PyObject* value) {
        out_ += '{';
        PyObject* key = nullptr;
        PyObject* item = nullptr;
        Py_ssize_t at = 0;
        auto const size = PyDict_GET_SIZE(value);
        bool is_first = true;
        bool has_converted_key = false;
        while (PyDict_Next(value, &at, &key, &item) != 0) {
            // A conversion may run Python code, so hold a reference.
            auto const held_key = py::reinterpret_borrow<py::object>(key);
            auto const held_item = py::reinterpret_borrow<py::object>(item);
            if (!is_first) {
                out_ += ',';
            }
            is_first = false;
            has_converted_key = has_converted_key || !PyUnicode_CheckExact(key);
            append_key(key);
            out_ += ':';
            append(item);
            if (PyDict_GET_SIZE(value) != size) {
                throw py::value_error{"a dict was changed while it was written"};
            }
        }
        out_ += '}';
        if (has_converted_key) {
            refuse_repeated_names(value);
        }
    }

    /// 1 and "1" are two keys of a dict but one name in JSON: a reader would lose one.
    static void refuse_repeated_names(PyObject* dict) {
        auto const keys = py::reinterpret_steal<py::list>(PyDict_Keys(dict));
        py::set names;
        for (auto const key : keys) {
            auto const name = PyUnicode_CheckExact(key.ptr())
                                  ? py::reinterpret_borrow<py::object>(key)
                                  : python_parts::get().plain_key(key);
            if (names.contains(name)) {
                throw py::value_error{"two keys of a dict have the same name in JSON: " +
                                      py::repr(name).cast<std::string>()};
            }
            names.add(name);
        }
    }

    void append_key(PyObject* key) {
        if (PyUnicode_CheckExact(key)) {
            append_text(out_, key);
            return;
        }
        auto const name = python_parts::get().plain_key(py::handle{key});
        append_text(out_, name.ptr());
    }

    /// By index, and reading the size each time, because a conversion may change the list.
    void append_sequence(PyObject* value) {
        out_ += '[';
        for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(value); ++index) {
            if (index > 0) {
                out_ += ',';
            }
            auto const item =
                py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(value, index));
            append(item.ptr());
        }
        out_ += ']';
    }

    void append_other(PyObject* value) {
        append(python_parts::get().plain_value(py::handle{value}).ptr());
    }

    std::string out_;
};

} // namespace

std::string write_json(py::handle value) {
    writer out;
    out.append(value.ptr());
    return std::move(out).take();
}

} // namespace tasker::python
