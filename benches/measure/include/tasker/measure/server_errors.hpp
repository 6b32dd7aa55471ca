#pragma once

#include "tasker/measure/engine.hpp"

#include <cstdint>
#include <filesystem>
#include <ios>
#include <map>
#include <string>

namespace tasker::measure {

/// Counts the errors in the private server's log, by SQLSTATE: 40001 (serialization failure),
/// 40P01 (deadlock), 55P03 (lock not available), 57014 (cancelled, by a time-out too) and so on.
/// Errors: throws engine::not_private.
class server_errors {
public:
    explicit server_errors(engine& on);

    /// Since it was made.
    std::map<std::string, std::uint64_t> by_state() const;

    /// Of conflicts for locks: 40001, 40P01 and 55P03.
    std::uint64_t of_locks() const;

private:
    std::filesystem::path log_;
    std::streamoff from_;
};

/// Two sessions that wait for each other, and one that may not wait: the server reports a deadlock
/// and a lock that is not available. To show that the counters move.
void provoke_lock_errors(engine& on);

} // namespace tasker::measure
