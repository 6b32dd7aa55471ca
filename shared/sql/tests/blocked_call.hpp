#pragma once

#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include <chrono>
#include <exception>
#include <future>
#include <string>
#include <utility>

namespace tasker::sql::testing {

/// A session that runs one statement on a thread and reports how it ended.
class blocked_call {
public:
    blocked_call(std::string const& dsn, std::string statement) : session_{dsn} {
        pid_ = session_.backendpid();
        outcome_ = std::async(std::launch::async, [this, statement = std::move(statement)] {
            try {
                pqxx::work work{session_};
                work.exec(statement);
                work.commit();
            } catch (std::exception const& refused) {
                return std::string{refused.what()};
            }
            return std::string{};
        });
    }

    blocked_call(blocked_call const&) = delete;
    blocked_call& operator=(blocked_call const&) = delete;

    /// A test that has failed does not wait for locks that it holds itself.
    ~blocked_call() {
        if (outcome_.valid()) {
            session_.cancel_query();
        }
    }

    /// Returns once the statement waits for a lock, or has ended.
    void settle(workflow_database& w) {
        EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
            return outcome_.wait_for(std::chrono::seconds{0}) == std::future_status::ready ||
                   w.db().value<bool>(
                       fmt::format("select cardinality(pg_blocking_pids({})) > 0", pid_));
        }));
    }

    /// The text of its error, or "".
    std::string outcome() {
        return outcome_.get();
    }

private:
    pqxx::connection session_;
    int pid_ = 0;
    std::future<std::string> outcome_;
};

/// Runs the statement in two sessions that wait for the locks of all tasks at the same time.
inline void run_twice(workflow_database& w, std::string const& statement) {
    pqxx::connection holder{w.db().dsn()};
    pqxx::work hold{holder};
    hold.exec("select from tasker.tasks for update");
    blocked_call one{w.db().dsn(), statement};
    one.settle(w);
    blocked_call two{w.db().dsn(), statement};
    two.settle(w);
    hold.commit();
    EXPECT_EQ(one.outcome(), "");
    EXPECT_EQ(two.outcome(), "");
}

} // namespace tasker::sql::testing
