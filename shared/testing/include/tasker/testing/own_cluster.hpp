#pragma once

#include "tasker/testing/temporary_folder.hpp"

#include "tasker/private_postgres/private_cluster.hpp"

#include <pqxx/pqxx>

#include <string>

namespace tasker::testing {

/// A server for one test that stops, crashes or restarts it, with one database like that of
/// test_database. Creating it takes some two seconds.
///
/// Errors: throws std::runtime_error.
class own_cluster {
public:
    own_cluster();

    private_postgres::private_cluster& server() noexcept {
        return server_;
    }

    /// The same after a restart.
    std::string dsn() const;

    /// Stops it in this mode and starts it again.
    void restart(private_postgres::shutdown mode);

    /// Runs statements in a separate session.
    pqxx::result exec(std::string const& statements) const;

private:
    temporary_folder folder_;
    private_postgres::private_cluster server_;
};

} // namespace tasker::testing
