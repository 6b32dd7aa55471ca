#pragma once

#include "tasker/sql/error.hpp"
#include "tasker/sql/scripts.hpp"

#include "tasker/base/time.hpp"

#include <chrono>
#include <stop_token>
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
    int from; ///< version before; 0: no schema
    int to;
    std::vector<std::string> applied;           ///< names of the migrations, in order
    std::vector<std::string> dropped_functions; ///< "tasker.f(integer)": not in this build
    bool functions_replaced;                    ///< false: they already were from this build
    pgmq_form pgmq;
    bool pgmq_created; ///< false: it existed

    bool did_nothing() const noexcept {
        return applied.empty() && !functions_replaced && !pgmq_created;
    }
};

/// Brings the schemas `tasker` and `pgmq` of the database to the state that this program needs.
/// First PGMQ: as an extension if the server has it, otherwise by its plain SQL. Then the missing
/// migrations, each in a separate transaction. Then all functions in one transaction, dropping
/// those that this build does not have. So do not keep your own functions in schema tasker.
///
/// Several may run at the same time: a session lock lets one work, and the others then find nothing
/// to do. So a DSN of a pooler in transaction mode is refused, unless the pooler is so busy that it
/// looks like one in session mode. After a failure the schema is at a version between two
/// migrations; run it again.
///
/// Threads: any number of concurrent calls. Blocks.
/// Errors: sql::errc; errc::script_failed has "file:line" in its message.
result<migration_report> migrate(std::string const& dsn, migrate_options options = {},
                                 script_set const& scripts = embedded_scripts());

/// Checks that the database has exactly the schema of this program. Services call it before they
/// start. Blocks for three round trips.
/// Errors: those of connecting (server_too_old, wrong_encoding, read_only, could_not_connect),
/// not_migrated, outdated, newer_schema, failed. The message says what to do.
result<void> check(std::string const& dsn, script_set const& scripts = embedded_scripts());

/// Waits until `check` succeeds: the database may still be starting or migrating. Logs failures,
/// and pauses longer after each. Threads: any number of concurrent calls. Blocks. Errors: as check:
/// of the last check, or immediately if waiting cannot help; errc::cancelled after a request to
/// stop.
result<void> wait_for_schema(std::string const& dsn, deadline until,
                             std::stop_token const& stop = {});

/// Whether `check` may succeed later without a change of this program or its settings: after a
/// restart, a failover or `tasker migrate`.
bool may_pass(error const& check_failure) noexcept;

} // namespace tasker::sql
