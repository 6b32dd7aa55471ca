#pragma once

#include "tasker/sql/error.hpp"
#include "tasker/sql/scripts.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace tasker::sql {

/// How the parts of the migrator, written on libpqxx, leave: caught at its border.
struct failure : std::exception {
    explicit failure(error what) : reason{std::move(what)} {}
    failure(errc code, std::string message) : failure{make_error(code, std::move(message))} {}
    char const* what() const noexcept override {
        return reason.message.c_str();
    }

    error reason;
};

/// Connects within 10 seconds, unless the DSN sets another connect_timeout, and checks whether
/// Tasker can work with this server and database at all.
/// Throws: failure (could_not_connect, server_too_old, wrong_encoding, read_only;
/// invalid_argument: the DSN is invalid, or a pooler does not keep sessions).
std::unique_ptr<pqxx::connection> connect(std::string const& dsn);

/// No time limit but for locks, silence but for warnings, and names resolved nowhere but in
/// pg_catalog, whatever the role or the database has set.
void prepare_for_migration(pqxx::connection& session, std::chrono::milliseconds lock_limit);

/// Runs every statement of the script in the transaction.
/// Throws: failure (script_failed, busy) with the place in the file.
void run_script(pqxx::transaction_base& transaction, script const& what);

/// "database x on host y", for messages.
std::string describe(pqxx::connection& session);

/// Runs `work` and turns whatever leaves it into an error.
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
