#pragma once

#include <pqxx/pqxx>

#include <string>

namespace tasker::testing {

/// The DSN of another database of the same server.
std::string with_database(std::string const& dsn, std::string const& name);

/// Migrates the database and puts the transition guard into it.
void prepare_database(std::string const& dsn);

/// A database "postgres" of the tests' server (see test_database), for making others.
std::string const& server_dsn();

/// The name of the database that is copied for tests, created if it does not exist. Concurrent
/// processes get the same one.
std::string const& template_name();

/// Runs statements that cannot run in a transaction, such as `create database`.
void run_alone(pqxx::connection& session, std::string const& statement);

} // namespace tasker::testing
