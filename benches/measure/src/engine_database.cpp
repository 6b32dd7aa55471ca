#include "tasker/measure/engine.hpp"

#include "tasker/sql/migrator.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tasker::measure {

namespace {

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file{path};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::string engine::dsn_of(std::string const& name) const {
    auto const scheme = server_dsn_.find("://");
    if (scheme == std::string::npos) {
        return server_dsn_ + " dbname=" + name; // of two, libpq takes the last
    }
    auto const path = server_dsn_.find('/', scheme + 3);
    auto const query = server_dsn_.find('?', scheme + 3);
    return server_dsn_.substr(0, std::min(path, query)) + '/' + name +
           (query == std::string::npos ? std::string{} : server_dsn_.substr(query));
}

task_counts engine::tasks() const {
    auto out = counted_;
    for (auto const& each : databases_) {
        pqxx::connection session{dsn_of(each)};
        pqxx::nontransaction query{session};
        auto const row = query.exec("select count(*) filter (where state = 'complete'), "
                                    "count(*) filter (where state = 'failed'), count(*) "
                                    "from tasker.tasks")[0];
        out.complete += row[0].as<std::size_t>();
        out.failed += row[1].as<std::size_t>();
        out.other += row[2].as<std::size_t>() - row[0].as<std::size_t>() - row[1].as<std::size_t>();
    }
    return out;
}

void engine::drop_databases() {
    counted_ = tasks();
    while (!databases_.empty()) {
        pqxx::connection session{server_dsn_};
        pqxx::nontransaction{session}.exec("drop database if exists " + databases_.back() +
                                           " with (force)");
        databases_.pop_back();
    }
}

void engine::create_database(std::string const& name, std::filesystem::path const& script) {
    {
        pqxx::connection session{server_dsn_};
        pqxx::nontransaction query{session};
        query.exec("drop database if exists " + name + " with (force)");
        query.exec("create database " + name);
        query.exec("checkpoint");
    }
    sql::migrate(dsn_of(name)).value();
    databases_.push_back(name);
    auto const injected = environment("TASKER_BENCH_INJECT_SQL");
    if (script.empty() && injected.empty()) {
        return;
    }
    pqxx::connection session{dsn_of(name)};
    pqxx::nontransaction query{session};
    if (script.empty()) {
        query.exec(read_file(injected));
        return;
    }
    // The script's functions may return other columns than those of the same name here.
    query.exec("do $$ declare f regprocedure; begin for f in select oid from pg_proc "
               "where pronamespace = 'tasker'::regnamespace loop "
               "execute format('drop routine %s', f); end loop; end $$");
    try {
        query.exec(read_file(script));
    } catch (pqxx::sql_error const& failure) {
        throw std::runtime_error{script.string() + " does not fit the schema: " + failure.what()};
    }
}

void engine::reset_database() {
    if (is_private()) {
        stop_services();
        drop_databases();
        create_database(database_name);
    }
}

std::string engine::add_database(std::string const& suffix, std::filesystem::path const& script) {
    require_private();
    auto const name = std::string{database_name} + '_' + suffix;
    create_database(name, script);
    return dsn_of(name);
}

pqxx::connection& engine::database() {
    if (!has_database()) {
        throw not_private{"this needs the database: set DATABASE_URL as well"};
    }
    if (!database_ || !database_->is_open()) {
        database_ = std::make_unique<pqxx::connection>(dsn_);
    }
    return *database_;
}

std::size_t engine::sessions() const {
    // From another database where possible, so that the counts of this one do not change.
    pqxx::connection own{server_dsn_};
    pqxx::nontransaction query{own};
    return query
        .exec("select count(*) from pg_stat_activity where backend_type = 'client backend' and "
              "application_name like 'tasker-%' and datname = " +
              (is_private() ? query.quote(std::string{database_name}) : "current_database()"))[0][0]
        .as<std::size_t>();
}

std::string engine::functions() {
    pqxx::nontransaction query{database()};
    // The tables that they use: columns, indexes, constraints.
    auto const tables = query.exec(
        "select md5(string_agg(d.line, e'\\n' order by d.line)) from ("
        " select format('%s %s %s %s', a.attrelid::regclass, a.attname, a.atttypid::regtype,"
        "               c.reloptions) from pg_attribute a join pg_class c on c.oid = a.attrelid"
        "  where c.relnamespace = 'tasker'::regnamespace and c.relkind in ('r', 'p', 'c')"
        "    and a.attnum > 0 and not a.attisdropped"
        " union all select indexdef from pg_indexes where schemaname = 'tasker'"
        " union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))"
        "  from pg_constraint where connamespace = 'tasker'::regnamespace) d(line)");
    std::string out = "-- on tables " + tables[0][0].as<std::string>() + '\n';
    out += "set check_function_bodies = off;\n";
    auto const found = query.exec(
        "select pg_get_functiondef(p.oid) from pg_proc p"
        " where p.pronamespace = 'tasker'::regnamespace and p.prokind = 'f' order by p.proname, 1");
    for (auto const& row : found) {
        out += row[0].as<std::string>() + ";\n";
    }
    return out;
}

} // namespace tasker::measure
