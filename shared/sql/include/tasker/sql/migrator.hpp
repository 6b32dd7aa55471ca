#pragma once

#include "tasker/sql/error.hpp"
#include "tasker/sql/scripts.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tasker::sql {

struct migrate_options {
    /// How long to wait for another migration, and for each lock that running programs hold.
    std::chrono::milliseconds wait_limit{60'000};
};

enum class pgmq_form {
    extension, ///< `create extension pgmq`
    plain_sql, ///< the statements of the extension, in schema pgmq
};

struct migration_report {
    int from; ///< version before; 0: there was no schema
    int to;
    std::vector<std::string> applied;           ///< names of the migrations, in order
    std::vector<std::string> dropped_functions; ///< "tasker.f(integer)": no longer in this build
    bool functions_replaced;                    ///< false: they were this build's already
    pgmq_form pgmq;
    bool pgmq_created; ///< false: it was there

    bool did_nothing() const noexcept {
        return applied.empty() && !functions_replaced && !pgmq_created;
    }
};

/// Brings the database's schemas `tasker` and `pgmq` to what this program needs: PGMQ as an
/// extension where the server has it, else by its plain SQL; then the migrations that are missing,
/// each in a transaction of its own; then all functions, in one transaction, dropping those that
/// this build does not have. Schema tasker is Tasker's alone: keep no functions of your own there.
///
/// Safe when several run at once: a session lock lets one work, and the others then find nothing to
/// do. So a DSN of a pooler in transaction mode is refused, unless the pooler is so busy that it
/// looks like one in session mode.
/// A failure leaves the schema at a version between two migrations; run it again.
///
/// Threads: any number of calls at once. Blocks.
/// Errors: sql::errc; errc::script_failed tells "file:line".
result<migration_report> migrate(std::string const& dsn, migrate_options options = {},
                                 script_set const& scripts = embedded_scripts());

/// Does the database have exactly what this program needs? Services ask before they start. Blocks
/// for three round trips.
/// Errors: those of connecting (server_too_old, wrong_encoding, read_only, could_not_connect),
/// not_migrated, outdated, newer_schema, failed. The message says what to do.
result<void> check(std::string const& dsn, script_set const& scripts = embedded_scripts());

/// May `check` succeed later without a change of this program or its settings: after a restart, a
/// failover, `tasker migrate`?
bool may_pass(error const& check_failure) noexcept;

} // namespace tasker::sql
