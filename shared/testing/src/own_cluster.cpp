#include "tasker/testing/own_cluster.hpp"

#include "databases.hpp"

#include "tasker/testing/wait.hpp"

namespace tasker::testing {

namespace {

constexpr char const* database = "tasker";

} // namespace

// A test cannot cause a power cut of the machine, so no fsync.
own_cluster::own_cluster()
    : server_{
          private_postgres::private_cluster::open({.folder = folder_.path(), .is_durable = false})
              .value()} {
    pqxx::connection admin{server_.dsn()};
    run_alone(admin, std::string{"create database "} + database);
    prepare_database(dsn());
}

std::string own_cluster::dsn() const {
    return server_.dsn(database);
}

void own_cluster::restart(private_postgres::shutdown mode) {
    server_.restart(mode, soon()).value();
}

pqxx::result own_cluster::exec(std::string const& statements) const {
    pqxx::connection session{dsn()};
    pqxx::work work{session};
    pqxx::result rows = work.exec(statements);
    work.commit();
    return rows;
}

} // namespace tasker::testing
