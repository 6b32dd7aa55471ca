#include "json_reader.hpp"

#include "python_parts.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace py = pybind11;

namespace tasker::python {

namespace {

/// Objects of a kind have the same keys, so each key becomes a string once. The slots fit a few
/// kilobytes; a new key replaces the old one in its slot.
class key_cache {
public:
    py::object find(std::string_view key) {
        if (key.size() > max_length) {
            return make(key);
        }
        auto& slot = slots_[std::hash<std::string_view>{}(key) % slots_.size()];
        if (slot.text != nullptr && slot.length == key.size() &&
            std::memcmp(slot.bytes.data(), key.data(), key.size()) == 0) {
            return py::reinterpret_borrow<py::object>(slot.text);
        }
        auto made = make(key);
        Py_XDECREF(slot.text);
        slot.text = made.inc_ref().ptr();
        slot.length = key.size();
        std::memcpy(slot.bytes.data(), key.data(), key.size());
        return made;
    }

private:
    static constexpr std::size_t max_length = 48;
    static constexpr std::size_t slot_count = 1'024;

    struct place {
        PyObject* text = nullptr;
        std::size_t length = 0;
        std::array<char, max_length> bytes{};
    };

    static py::object make(std::string_view key) {
        auto* text = PyUnicode_DecodeUTF8(key.data(), static_cast<Py_ssize_t>(key.size()), nullptr);
        if (text == nullptr) {
            throw py::error_already_set{};
        }
        // Keyword arguments are compared by address first.
        PyUnicode_InternInPlace(&text);
        return py::reinterpret_steal<py::object>(text);
    }

    std::array<place, slot_count> slots_;
};

/// Guarded by the GIL; lives as long as the process.
key_cache& keys() {
    static auto& all = *new key_cache;
    return all;
}

py::object checked(PyObject* made) {
    if (made == nullptr) {
        throw py::error_already_set{};
    }
    return py::reinterpret_steal<py::object>(made);
}

py::object text(std::string_view value) {
    return checked(
        PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), nullptr));
}

py::object build(simdjson::dom::element value);

py::object build_list(simdjson::dom::array values) {
    // size() is exact below 2^24 elements and does not grow beyond that.
    auto const size = values.size();
    if (size >= 0xFFFFFF) {
        py::list all;
        for (auto const each : values) {
            all.append(build(each));
        }
        return all;
    }
    auto all = checked(PyList_New(static_cast<Py_ssize_t>(size)));
    Py_ssize_t index = 0;
    for (auto const each : values) {
        PyList_SET_ITEM(all.ptr(), index++, build(each).release().ptr());
    }
    return all;
}

py::object build_dict(simdjson::dom::object members) {
    auto all = checked(PyDict_New());
    for (auto const& [key, value] : members) {
        auto const name = keys().find(key);
        auto const made = build(value);
        if (PyDict_SetItem(all.ptr(), name.ptr(), made.ptr()) != 0) {
            throw py::error_already_set{};
        }
    }
    return all;
}

/// Nesting is bounded by the parser (1,024 levels).
py::object build(simdjson::dom::element value) {
    using type = simdjson::dom::element_type;
    switch (value.type()) {
    case type::ARRAY:
        return build_list(value.get_array().value_unsafe());
    case type::OBJECT:
        return build_dict(value.get_object().value_unsafe());
    case type::INT64:
        return checked(PyLong_FromLongLong(value.get_int64().value_unsafe()));
    case type::UINT64:
        return checked(PyLong_FromUnsignedLongLong(value.get_uint64().value_unsafe()));
    case type::DOUBLE:
        return checked(PyFloat_FromDouble(value.get_double().value_unsafe()));
    case type::STRING:
        return text(value.get_string().value_unsafe());
    case type::BOOL:
        return py::bool_(value.get_bool().value_unsafe());
    case type::NULL_VALUE:
        break;
    }
    return py::none();
}

/// The memory is kept up to this size; it grows to the largest text.
constexpr std::size_t kept_bytes = 1U << 20U;

struct workspace {
    simdjson::dom::parser parser;
    std::vector<char> padded;
    bool is_in_use = false;
};

/// The shared memory, guarded by the GIL. Creating an object may start Python's garbage collector
/// and any Python code, on this or another thread. A call that finds the memory in use allocates
/// its own.
class workspace_lease {
public:
    explicit workspace_lease(std::size_t bytes) {
        static auto& kept = *new workspace;
        if (bytes <= kept_bytes && !kept.is_in_use) {
            use_ = &kept;
            kept.is_in_use = true;
        }
    }

    workspace_lease(workspace_lease const&) = delete;
    workspace_lease& operator=(workspace_lease const&) = delete;

    ~workspace_lease() {
        use_->is_in_use = false;
    }

    workspace& operator*() {
        return *use_;
    }

private:
    workspace own_;
    workspace* use_ = &own_;
};

} // namespace

py::object read_json(std::string_view json) {
    if (json == "{}") { // most contexts of tests, and the parents of every root
        return py::dict{};
    }
    workspace_lease lease{json.size()};
    auto& [parser, padded, in_use] = *lease;
    padded.resize(std::max(padded.size(), json.size() + simdjson::SIMDJSON_PADDING));
    std::memcpy(padded.data(), json.data(), json.size());
    std::memset(padded.data() + json.size(), ' ', simdjson::SIMDJSON_PADDING);
    simdjson::dom::element root;
    if (parser.parse(padded.data(), json.size(), false).get(root) != simdjson::SUCCESS) {
        return python_parts::get().loads(py::bytes{json.data(), json.size()});
    }
    return build(root);
}

py::object read_json_with_digits(std::string_view json) {
    return python_parts::get().loads_with_digits(py::bytes{json.data(), json.size()});
}

} // namespace tasker::python
