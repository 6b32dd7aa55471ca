#pragma once

#include "tasker/testing/temporary_folder.hpp"

#include "tasker/process/child_process.hpp"

#include <string>

namespace tasker::testing {

/// A private PgBouncer in front of a server, with default settings except for the mode.
///
/// Lifetime: the destructor stops it.
/// Threads: one thread at a time.
/// Errors: throws std::runtime_error, also if there is no program pgbouncer.
class pooler {
public:
    /// `server`: a DSN with "host=DIRECTORY port=NUMBER". `mode`: "session" or "transaction".
    /// Returns once it accepts connections.
    pooler(std::string const& server, std::string const& mode);

    /// The server's DSN, through this pooler.
    std::string dsn() const;

private:
    temporary_folder folder_;
    std::string server_;
    process::child_process program_;
};

} // namespace tasker::testing
