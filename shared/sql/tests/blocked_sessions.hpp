#pragma once

#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <future>
#include <string>

namespace tasker::sql::testing {

/// Runs one statement in a separate session and returns the SQLSTATE, empty if it succeeded.
inline std::future<std::string> start(std::string const& dsn, std::string const& statement) {
    return std::async(std::launch::async, [dsn, statement]() -> std::string {
        pqxx::connection session{dsn};
        pqxx::work work{session};
        work.exec("set local deadlock_timeout = '50ms'");
        try {
            work.exec(statement);
            work.commit();
        } catch (pqxx::sql_error const& refused) {
            return refused.sqlstate();
        }
        return {};
    });
}

/// Waits until this many sessions of the database wait for locks.
inline bool wait_for_blocked(workflow_database& w, int count) {
    return tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<int>("select count(*) from pg_stat_activity where datname = "
                                 "current_database() and wait_event_type = 'Lock'") == count;
    });
}

} // namespace tasker::sql::testing
