#pragma once

#include "session.hpp"

#include "tasker/sql/migrator.hpp"

namespace tasker::sql {

struct pgmq_state {
    pgmq_form form;
    bool created;
};

/// Makes PGMQ available in the database, in a separate transaction.
/// Throws: failure (pgmq_unusable, script_failed, busy).
pgmq_state ensure_pgmq(pqxx::connection& session, script const& plain_sql);

} // namespace tasker::sql
