#pragma once

#include "tasker/sql/error.hpp"
#include "tasker/sql/scripts.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace tasker::sql {

/// The exception of the migrator's parts, which use libpqxx. The migrator catches it.
struct failure : std::exception {
    explicit failure(error cause) : reason{std::move(cause)} {}
    failure(errc code, std::string message) : failure{make_error(code, std::move(message))} {}
    char const* what() const noexcept override {
        return reason.message.c_str();
    }

    error reason;
};

/// Connects within 10 seconds, unless the DSN sets another connect_timeout, and checks whether
/// Tasker can use this server and database.
/// Throws: failure (could_not_connect, server_too_old, wrong_encoding, read_only;
/// invalid_argument: the DSN is invalid, or a pooler does not keep sessions).
std::unique_ptr<pqxx::connection> connect(std::string const& dsn);

/// Sets no time limit except for locks, only warnings, and pg_catalog as the only search path,
/// overriding the settings of the role and the database.
void prepare_for_migration(pqxx::connection& session, std::chrono::milliseconds lock_limit);

/// Runs every statement of the script in the transaction.
/// Throws: failure (script_failed, busy) with the place in the file.
void run_script(pqxx::transaction_base& transaction, script const& source);

/// "database x on host y", for messages.
std::string describe(pqxx::connection& session);

/// Runs `work` and turns its exceptions into an error.
template <class Work>
auto guarded(Work work) -> result<decltype(work())> {
    try {
        return work();
    } catch (failure const& left) {
        return left.reason;
    } catch (pqxx::broken_connection const& lost) {
        return make_error(errc::could_not_connect, lost.what());
    } catch (std::exception const& other) {
        return make_error(errc::failed, other.what());
    }
}

} // namespace tasker::sql
