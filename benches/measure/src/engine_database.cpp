#include "engine_state.hpp"

#include "tasker/sql/migrator.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tasker::measure {

namespace {

/// The same server and user, another database.
std::string with_database(std::string const& dsn, std::string const& name) {
    auto const scheme = dsn.find("://");
    if (scheme == std::string::npos) {
        return dsn + " dbname=" + name; // of two, libpq takes the last
    }
    auto const path = dsn.find('/', scheme + 3);
    auto const query = dsn.find('?', scheme + 3);
    auto const end = std::min(path, query);
    return dsn.substr(0, end) + '/' + name +
           (query == std::string::npos ? std::string{} : dsn.substr(query));
}

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file{path};
    if (!file) {
        throw std::runtime_error{"cannot read " + path.string()};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::string engine::state::server_dsn() const {
    return cluster ? cluster->dsn() : maintenance_dsn;
}

std::string engine::state::dsn(std::string const& name) const {
    if (cluster) {
        return cluster->dsn(name);
    }
    return maintenance_dsn.empty() ? given_dsn : with_database(maintenance_dsn, name);
}

task_counts engine::state::count_tasks() const {
    auto out = counted;
    auto names = more_databases;
    names.emplace_back(database_name);
    for (auto const& each : names) {
        pqxx::connection session{dsn(each)};
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

void engine::state::drop_databases() {
    if (has_made_databases) {
        counted = count_tasks();
    }
    pqxx::connection session{server_dsn()};
    pqxx::nontransaction query{session};
    more_databases.emplace_back(database_name);
    for (auto const& each : more_databases) {
        query.exec("drop database if exists " + each + " with (force)");
    }
    more_databases.clear();
}

void engine::state::create_database(std::string const& name,
                                    std::filesystem::path const& script) const {
    {
        pqxx::connection session{server_dsn()};
        pqxx::nontransaction query{session};
        query.exec("create database " + name);
        query.exec("checkpoint");
    }
    sql::migrate(dsn(name)).value();
    if (auto const injected = environment("TASKER_BENCH_INJECT_SQL");
        script.empty() && !injected.empty()) {
        pqxx::connection session{dsn(name)};
        pqxx::nontransaction{session}.exec(read_file(injected));
    }
    if (!script.empty()) {
        auto const text = read_file(script);
        pqxx::connection session{dsn(name)};
        pqxx::nontransaction query{session};
        // The script's functions may return other columns than those of the same name here.
        query.exec("do $$ declare f regprocedure; begin for f in select oid from pg_proc "
                   "where pronamespace = 'tasker'::regnamespace loop "
                   "execute format('drop routine %s', f); end loop; end $$");
        try {
            query.exec(text);
        } catch (pqxx::sql_error const& failure) {
            throw std::runtime_error{script.string() +
                                     " does not fit the schema: " + failure.what()};
        }
    }
}

void engine::reset_database() {
    if (!state_->is_ours()) {
        return;
    }
    state_->stop_services();
    state_->drop_databases();
    state_->has_made_databases = true;
    state_->create_database(database_name, {});
}

std::string engine::add_database(std::string const& suffix, std::filesystem::path const& script) {
    state_->require_private();
    auto const name = std::string{database_name} + '_' + suffix;
    state_->more_databases.push_back(name);
    state_->create_database(name, script);
    return state_->dsn(name);
}

pqxx::connection& engine::database() {
    if (!has_database()) {
        throw not_private{"this needs the database: set DATABASE_URL as well"};
    }
    if (!state_->database || !state_->database->is_open()) {
        state_->database = std::make_unique<pqxx::connection>(dsn());
    }
    return *state_->database;
}

std::string engine::dsn() const {
    return state_->dsn();
}

task_counts engine::tasks() const {
    return state_->has_made_databases ? state_->count_tasks() : task_counts{};
}

std::size_t engine::sessions() const {
    // From another database where possible, so that the counts of this one do not change.
    pqxx::connection own{state_->is_ours() ? state_->server_dsn() : dsn()};
    pqxx::nontransaction query{own};
    auto const database = state_->is_ours() ? query.quote(std::string{database_name})
                                            : std::string{"current_database()"};
    return query
        .exec("select count(*) from pg_stat_activity where backend_type = 'client backend' and "
              "application_name like 'tasker-%' and datname = " +
              database)[0][0]
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
