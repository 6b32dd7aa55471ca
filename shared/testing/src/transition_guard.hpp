#pragma once

#include <string>

namespace tasker::testing {

/// The statements that install the transition guard (see test_database) in a migrated database. An
/// inserted row counts as a move from pending.
std::string transition_guard_sql();

} // namespace tasker::testing
