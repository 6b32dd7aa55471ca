#include "tasker/sql/migrator.hpp"

#include "functions.hpp"
#include "pgmq.hpp"
#include "session.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/base/version.hpp"

#include <fmt/format.h>

#include <array>

namespace tasker::sql {

namespace {

/// "tasker" in ASCII: the key of our advisory lock.
constexpr long long migration_lock = 0x7461736b6572;
constexpr char const* lock_not_available = "55P03";

/// Schema tasker_queues contains the functions that tasker.make_queue_functions creates.
constexpr std::array schemas{script{"tasker", "", "create schema tasker"},
                             script{"tasker_queues", "", "create schema tasker_queues"}};

constexpr script bookkeeping{"bookkeeping", "", R"(
create table if not exists tasker.migrations (
    version    int primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null
);
create table if not exists tasker.function_set (
    only_row   boolean primary key default true constraint function_set_has_one_row check (only_row),
    checksum   text not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null
);
)"};

/// An administrator may have created them for a role that may not create schemas: PostgreSQL would
/// also refuse `create schema if not exists`.
void make_schemas(pqxx::work& work) {
    for (script const& schema : schemas) {
        if (!work.exec("select to_regnamespace(" + work.quote(std::string{schema.name}) +
                       ") is not null")[0][0]
                 .as<bool>()) {
            run_script(work, schema);
        }
    }
}

void take_lock(pqxx::connection& session, std::chrono::milliseconds limit) {
    try {
        pqxx::nontransaction{session}.exec(
            fmt::format("select pg_advisory_lock({})", migration_lock));
    } catch (pqxx::sql_error const& refused) {
        if (refused.sqlstate() != lock_not_available) {
            throw;
        }
        throw failure{errc::busy, fmt::format("another migration of {} has not ended within {} ms",
                                              describe(session), limit.count())};
    }
}

/// The highest version in the database. Throws if its history differs from `scripts`.
int applied_version(pqxx::connection& session, script_set const& scripts) {
    pqxx::work work{session};
    int version = 0;
    for (auto const& row :
         work.exec("select version, name, checksum from tasker.migrations order by version")) {
        version = row[0].as<int>();
        if (version > scripts.version()) {
            continue;
        }
        script const& expected = scripts.migrations.at(static_cast<std::size_t>(version - 1));
        if (row[1].as<std::string>() != expected.name ||
            row[2].as<std::string>() != expected.checksum) {
            throw failure{
                errc::changed_migration,
                fmt::format(
                    "{} was migrated with another {} than this program's: it was created by "
                    "another build. Use that build, or start with an empty database",
                    describe(session), row[1].c_str())};
        }
    }
    if (version > scripts.version()) {
        throw failure{errc::newer_schema,
                      fmt::format("{} has schema version {}, and this program knows versions up to "
                                  "{}: use a newer program",
                                  describe(session), version, scripts.version())};
    }
    return version;
}

void apply(pqxx::connection& session, int version, script const& migration) {
    TASKER_ASSERT(migration.name.starts_with(fmt::format("{:04}_", version)));
    pqxx::work work{session};
    run_script(work, migration);
    work.exec(fmt::format("insert into tasker.migrations (version, name, checksum, applied_by) "
                          "values ({}, {}, {}, {})",
                          version, work.quote(std::string{migration.name}),
                          work.quote(std::string{migration.checksum}),
                          work.quote(std::string{tasker::version()})));
    work.commit();
}

migration_report run(std::string const& dsn, migrate_options options, script_set const& scripts) {
    auto const session = connect(dsn);
    prepare_for_migration(*session, options.wait_limit);
    take_lock(*session, options.wait_limit); // released with the session
    {
        pqxx::work work{*session};
        make_schemas(work);
        run_script(work, bookkeeping);
        work.commit();
    }
    migration_report report{};
    report.from = applied_version(*session, scripts);
    report.to = scripts.version();
    pgmq_state const pgmq = ensure_pgmq(*session, scripts.pgmq);
    report.pgmq = pgmq.form;
    report.pgmq_created = pgmq.created;
    for (int version = report.from + 1; version <= report.to; ++version) {
        script const& migration = scripts.migrations[static_cast<std::size_t>(version - 1)];
        apply(*session, version, migration);
        report.applied.emplace_back(migration.name);
    }
    function_changes changes = apply_functions(*session, scripts);
    report.functions_replaced = changes.replaced;
    report.dropped_functions = std::move(changes.dropped);
    return report;
}

bool judge(std::string const& dsn, script_set const& scripts) {
    auto const session = connect(dsn);
    std::string const database = describe(*session);
    pqxx::nontransaction work{*session};
    if (!work.exec("select to_regclass('tasker.function_set') is not null")[0][0].as<bool>()) {
        throw failure{errc::not_migrated, database + " has no Tasker schema: run `tasker migrate`"};
    }
    auto const found =
        work.exec("select coalesce((select max(version) from tasker.migrations), 0), "
                  "coalesce((select checksum from tasker.function_set), '')");
    int const version = found[0][0].as<int>();
    if (version > scripts.version()) {
        throw failure{errc::newer_schema,
                      fmt::format("{} has schema version {}, and this program knows versions up to "
                                  "{}: use a newer program",
                                  database, version, scripts.version())};
    }
    if (version < scripts.version()) {
        throw failure{errc::outdated,
                      fmt::format("{} has schema version {}, and this program needs {}: run "
                                  "`tasker migrate`",
                                  database, version, scripts.version())};
    }
    if (found[0][1].as<std::string>() != scripts.functions_checksum) {
        throw failure{errc::outdated, database +
                                          " has the functions of another build: run "
                                          "`tasker migrate` of the same build as this program"};
    }
    return true;
}

} // namespace

result<migration_report> migrate(std::string const& dsn, migrate_options options,
                                 script_set const& scripts) {
    return guarded([&] { return run(dsn, options, scripts); });
}

result<void> check(std::string const& dsn, script_set const& scripts) {
    auto const judged = guarded([&] { return judge(dsn, scripts); });
    return judged ? result<void>{} : result<void>{judged.error()};
}

bool may_pass(error const& check_failure) noexcept {
    return check_failure.code == errc::could_not_connect || check_failure.code == errc::read_only ||
           check_failure.code == errc::not_migrated || check_failure.code == errc::outdated;
}

} // namespace tasker::sql
