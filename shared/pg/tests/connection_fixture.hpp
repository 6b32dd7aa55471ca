#pragma once

#include "tasker/pg/connection.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tasker::pg {

inline constexpr statement select_one{"select_one", "select 1"};
inline constexpr statement select_text{"select_text", "select $1"};
inline constexpr statement divide{"divide", "select 12 / $1"};
inline constexpr statement insert{"insert", "insert into effects values ($1)"};
inline constexpr statement wait_for_lock{"wait_for_lock", "select pg_advisory_xact_lock(1)"};

/// An empty database with a table for effects that can be counted.
class Connection : public ::testing::Test {
protected:
    Connection() {
        database_.exec("create table effects (n int primary key)");
    }

    connection open(connect_options options) {
        return tasker::testing::run(io_, connection::open(io_.get_executor(), std::move(options),
                                                          tasker::testing::soon()))
            .value();
    }

    connection open() {
        return open({.dsn = database_.dsn()});
    }

    result<rows> run_one(connection& conn, call request) {
        return tasker::testing::run(io_, conn.run(std::move(request), tasker::testing::soon()));
    }

    std::vector<result<rows>> run_all(connection& conn, std::vector<call> calls) {
        return tasker::testing::run(io_, conn.run_all(std::move(calls), tasker::testing::soon()));
    }

    std::string setting(connection& conn, std::string const& name) {
        constexpr statement show{"show", "select current_setting($1)"};
        return std::string{run_one(conn, {show, params{}.add_text(name)}).value().text(0, 0)};
    }

    /// Lets all calls of wait_for_lock wait, from now on.
    void take_lock() {
        holder_.emplace(database_.dsn());
        pqxx::nontransaction{*holder_}.exec("select pg_advisory_lock(1)");
    }

    void release_lock() {
        pqxx::nontransaction{*holder_}.exec("select pg_advisory_unlock(1)");
    }

    /// Ends the server's side and waits until it is gone.
    void terminate(connection const& victim) {
        ASSERT_TRUE(database_.value<bool>("select pg_terminate_backend(" +
                                          std::to_string(victim.backend_pid()) + ", 10000)"));
    }

    int effects() {
        return database_.value<int>("select count(*) from effects");
    }

    tasker::testing::test_database database_ = tasker::testing::test_database::empty();
    std::optional<pqxx::connection> holder_;
    boost::asio::io_context io_;
};

inline call insert_effect(int n) {
    return {insert, params{}.add_int4(n)};
}

} // namespace tasker::pg
