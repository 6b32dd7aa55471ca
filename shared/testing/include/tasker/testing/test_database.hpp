#pragma once

#include "tasker/base/time.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace tasker::testing {

/// A fresh database for one test, migrated, with the transition guard in it: a change of a task's
/// or a step's state that model::task_moves or model::step_moves does not list fails with SQLSTATE
/// TG001, so every test also proves those rules.
///
/// The server is the one of TASKER_TEST_CLUSTER_DIR (see tasker-test-cluster) if that folder has a
/// running one, otherwise a private one that this process starts at first use.
///
/// Lifetime: the destructor drops the database, even while sessions are connected.
/// Threads: one thread at a time; dsn() from any.
/// Errors: throws std::runtime_error.
class test_database {
public:
    /// A copy of the migrated template database (some 50 ms).
    test_database();
    /// An empty database. `options`: of `create database`.
    static test_database empty(std::string const& options = {});

    test_database(test_database&&) noexcept;
    test_database& operator=(test_database&&) noexcept;
    ~test_database();

    /// For libpq.
    std::string const& dsn() const noexcept;
    std::string const& name() const noexcept;

    /// A session for setting up and checking, opened on first use.
    pqxx::connection& connection();

    /// Runs statements in a separate transaction.
    pqxx::result exec(std::string const& statements);

    /// The value of a query of one row and one column: `database.value<int>("select 1")`.
    /// Errors: throws pqxx::unexpected_rows if there is another number of rows.
    template <class T>
    T value(std::string const& query) {
        pqxx::work work{connection()};
        auto found = work.exec1(query)[0].template as<T>();
        work.commit();
        return found;
    }

    /// Waits until the query, of one boolean, is true. Runs it again after every change of a task's
    /// or step's state, for which it listens. False if the deadline passes.
    bool wait_until(deadline until, std::string const& condition);

private:
    struct state;
    explicit test_database(std::unique_ptr<state> made) noexcept;

    std::unique_ptr<state> state_;
};

/// Lets a test do what the transition guard refuses, for the rest of the session.
void suspend_transition_guard(pqxx::connection& session);

} // namespace tasker::testing
