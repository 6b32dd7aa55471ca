#pragma once

#include "tasker/testing/temporary_folder.hpp"

#include "tasker/cluster/child_process.hpp"

#include <string>

namespace tasker::testing {

/// A PgBouncer of a test's own, with its defaults but for the mode, before a server.
///
/// Lifetime: the destructor ends it.
/// Threads: one thread at a time.
/// Errors: throws std::runtime_error, also if the program pgbouncer is not there.
class pooler {
public:
    /// `server`: a DSN with "host=DIRECTORY port=NUMBER". `mode`: "session" or "transaction".
    /// Returns once it accepts connections.
    pooler(std::string const& server, std::string const& mode);

    /// The server's DSN, but through here.
    std::string dsn() const;

private:
    temporary_folder folder_;
    std::string server_;
    cluster::child_process program_;
};

} // namespace tasker::testing
