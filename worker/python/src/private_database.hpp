#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// For tasker.testing, which computes in SQL what the engine computes in SQL: a private PostgreSQL
/// with the schema of Tasker (PrivateServer), and its sessions (DatabaseSession).
void bind_private_database(pybind11::module_& module);

} // namespace tasker::python
