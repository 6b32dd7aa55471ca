#pragma once

#include "session.hpp"

#include <string>
#include <vector>

namespace tasker::sql {

struct function_changes {
    bool replaced;
    std::vector<std::string> dropped;
};

/// Makes schema tasker contain exactly the functions of `scripts`, in one transaction. Does nothing
/// if these were the last ones applied.
/// Throws: failure (script_failed, busy).
function_changes apply_functions(pqxx::connection& session, script_set const& scripts);

} // namespace tasker::sql
