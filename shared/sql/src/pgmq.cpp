#include "pgmq.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace tasker::sql {

namespace {

/// The features that identify PGMQ 1.11. The functions of schema tasker call only `create`, but
/// write the tables of the queues, with the columns of 1.11. The array form of set_vt came with
/// 1.8.
constexpr std::array needed_functions{
    "pgmq.create(text)",
    "pgmq.send_batch(text,jsonb[],integer)",
    "pgmq.delete(text,bigint)",
    "pgmq.delete(text,bigint[])",
    "pgmq.set_vt(text,bigint[],integer)",
};

bool is_old(std::string const& version) {
    int major = 0;
    int minor = 0;
    std::sscanf(version.c_str(), "%d.%d", &major, &minor); // NOLINT(cert-err34-c): 0 is old
    return major < 1 || (major == 1 && minor < 11);
}

std::string first_text(pqxx::result const& rows) {
    return rows.empty() ? std::string{} : rows[0][0].as<std::string>(std::string{});
}

/// PGMQ installed by statements, from Tasker or another program: check its features.
void check_functions(pqxx::transaction_base& work) {
    std::vector<std::string> missing;
    for (char const* const signature : needed_functions) {
        pqxx::result const found =
            work.exec("select to_regprocedure(" + work.quote(signature) + ") is not null");
        if (!found[0][0].as<bool>()) {
            missing.emplace_back(signature);
        }
    }
    if (!missing.empty()) {
        throw failure{errc::pgmq_unusable,
                      fmt::format("schema pgmq exists, but it is not PGMQ 1.11 or later: it lacks "
                                  "{}. Upgrade it, or use another database",
                                  fmt::join(missing, ", "))};
    }
}

struct schema_state {
    bool exists;
    bool is_empty; ///< no objects; default privileges do not count
};

schema_state look_at_schema(pqxx::transaction_base& work) {
    auto const found = work.exec1(R"(
        select to_regnamespace('pgmq') is not null,
               not exists (select from pg_depend d
                           where d.refclassid = 'pg_namespace'::regclass
                             and d.refobjid = to_regnamespace('pgmq')
                             and d.classid <> 'pg_default_acl'::regclass))");
    return {found[0].as<bool>(), found[1].as<bool>()};
}

/// For a role that may use the schema but not create one. Keeps the line numbers.
std::string without_schema_creation(std::string_view script) {
    constexpr std::string_view creation = "CREATE SCHEMA IF NOT EXISTS pgmq;";
    std::string text{script};
    if (auto const at = text.find(creation); at != std::string::npos) {
        text.replace(at, creation.size(), "NULL;");
    }
    return text;
}

void create_extension(pqxx::transaction_base& work, std::string const& version) {
    if (is_old(version)) {
        throw failure{errc::pgmq_unusable,
                      "this server offers extension pgmq " + version +
                          ", but 1.11 or later is needed: install a newer one on the server"};
    }
    try {
        work.exec("create extension if not exists pgmq");
    } catch (pqxx::sql_error const& refused) {
        throw failure{errc::pgmq_unusable, refused.what()};
    }
}

} // namespace

pgmq_state ensure_pgmq(pqxx::connection& session, script const& plain_sql) {
    pqxx::work work{session};
    std::string const installed =
        first_text(work.exec("select extversion from pg_extension where extname = 'pgmq'"));
    if (!installed.empty()) {
        if (is_old(installed)) {
            throw failure{errc::pgmq_unusable,
                          "extension pgmq is " + installed +
                              ", but 1.11 or later is needed: run `alter extension pgmq update`"};
        }
        return {pgmq_form::extension, false};
    }
    auto const [has_schema, is_empty] = look_at_schema(work);
    if (has_schema && !is_empty) {
        check_functions(work);
        return {pgmq_form::plain_sql, false};
    }
    std::string const offered = first_text(
        work.exec("select default_version from pg_available_extensions where name = 'pgmq'"));
    if (!offered.empty()) {
        create_extension(work, offered);
        work.commit();
        return {pgmq_form::extension, true};
    }
    if (has_schema) {
        std::string const rest = without_schema_creation(plain_sql.text);
        run_script(work, {plain_sql.name, plain_sql.checksum, rest});
    } else {
        run_script(work, plain_sql);
    }
    work.commit();
    return {pgmq_form::plain_sql, true};
}

} // namespace tasker::sql
