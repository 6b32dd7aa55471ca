#include "databases.hpp"

#include "transition_guard.hpp"

#include "tasker/testing/temporary_folder.hpp"

#include "tasker/private_postgres/private_cluster.hpp"
#include "tasker/sql/migrator.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <optional>

namespace tasker::testing {

namespace {

/// "testbase" in ASCII: held while the template database is created.
constexpr long long template_lock = 0x7465737462617365;

std::optional<std::string> running_cluster_dsn() {
    char const* const folder =
        std::getenv("TASKER_TEST_CLUSTER_DIR"); // NOLINT(concurrency-mt-unsafe)
    std::string dsn;
    if (folder == nullptr ||
        !std::getline(std::ifstream{std::filesystem::path{folder} / "dsn"}, dsn)) {
        return std::nullopt;
    }
    return dsn;
}

struct process_cluster {
    temporary_folder folder;
    private_postgres::private_cluster server;
};

std::string start_process_cluster() {
    // Until the end of the process; the server also ends when this is killed.
    static process_cluster own = [] {
        temporary_folder folder;
        auto server =
            private_postgres::private_cluster::open({.folder = folder.path(), .is_durable = false});
        return process_cluster{std::move(folder), std::move(server.value())};
    }();
    return own.server.dsn();
}

bool has_database(pqxx::connection& session, std::string const& name) {
    pqxx::nontransaction work{session};
    return !work.exec("select from pg_database where datname = " + work.quote(name)).empty();
}

std::string make_template() {
    pqxx::connection session{server_dsn()};
    std::string const sources =
        std::string{sql::embedded_scripts().fingerprint} + transition_guard_sql();
    std::string name;
    {
        pqxx::nontransaction work{session};
        name = "template_" +
               work.exec("select md5(" + work.quote(sources) + ")")[0][0].as<std::string>();
        work.exec(fmt::format("select pg_advisory_lock({})", template_lock));
    }
    if (!has_database(session, name)) {
        std::string const unfinished = name + "_unfinished";
        run_alone(session, "drop database if exists " + unfinished + " with (force)");
        run_alone(session, "create database " + unfinished);
        prepare_database(with_database(server_dsn(), unfinished));
        run_alone(session, fmt::format("alter database {} rename to {}", unfinished, name));
        // A session in it would block copying.
        run_alone(session, fmt::format("alter database {} allow_connections false", name));
    }
    return name;
}

} // namespace

std::string with_database(std::string const& dsn, std::string const& name) {
    return dsn + " dbname='" + name + "'"; // the last one counts
}

void run_alone(pqxx::connection& session, std::string const& statement) {
    pqxx::nontransaction{session}.exec(statement);
}

void prepare_database(std::string const& dsn) {
    sql::migrate(dsn).value();
    pqxx::connection session{dsn};
    pqxx::work work{session};
    work.exec(transition_guard_sql());
    work.commit();
}

std::string const& server_dsn() {
    static std::string const dsn = [] {
        auto running = running_cluster_dsn();
        return running ? *running : start_process_cluster();
    }();
    return dsn;
}

std::string const& template_name() {
    static std::string const name = make_template();
    return name;
}

} // namespace tasker::testing
