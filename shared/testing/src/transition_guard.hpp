#pragma once

#include <string>

namespace tasker::testing {

/// The statements that put the transition guard (see test_database) into a migrated database. A row
/// that is inserted counts as having moved from pending.
std::string transition_guard_sql();

} // namespace tasker::testing
