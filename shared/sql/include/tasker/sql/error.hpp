#pragma once

#include "tasker/base/error.hpp"

namespace tasker::sql {

enum class errc {
    could_not_connect = 1,
    server_too_old, ///< before PostgreSQL 14
    wrong_encoding, ///< the database's encoding is not UTF8
    read_only,      ///< on a standby, or transactions are read-only by default
    not_migrated,   ///< the database has no Tasker schema
    outdated, ///< the schema is older than this program, or its functions come from another build
    newer_schema,      ///< the schema is newer than this program
    changed_migration, ///< an applied migration differs from the one of this program
    busy,          ///< another migration, or a lock of a running program, exceeded the time limit
    pgmq_unusable, ///< the existing PGMQ is unusable, or PGMQ may not be created
    script_failed, ///< the server refused a statement of a script
    failed,        ///< any other failure; the current step was rolled back
};

boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), error_category()};
}

} // namespace tasker::sql

template <>
struct boost::system::is_error_code_enum<tasker::sql::errc> : std::true_type {};
