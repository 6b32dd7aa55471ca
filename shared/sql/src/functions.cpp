#include "functions.hpp"

#include "tasker/base/version.hpp"

namespace tasker::sql {

namespace {

bool are_current(pqxx::transaction_base& work, script_set const& scripts) {
    pqxx::result const rows = work.exec("select checksum from tasker.function_set");
    return !rows.empty() && rows[0][0].as<std::string>() == scripts.functions_checksum;
}

/// `create or replace` rewrites the function's row, so a row that this transaction did not write
/// has no script. Functions of extensions are not touched.
std::vector<std::string> drop_untouched(pqxx::transaction_base& work) {
    std::vector<std::string> dropped;
    for (auto const& row : work.exec(R"(
            select p.oid::regprocedure::text
            from pg_proc p
            where p.pronamespace = 'tasker'::regnamespace
              and p.xmin <> pg_current_xact_id()::xid
              and not exists (select from pg_depend d
                              where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                                and d.deptype = 'e')
            order by 1)")) {
        dropped.push_back(row[0].as<std::string>());
    }
    for (std::string const& signature : dropped) {
        work.exec("drop routine " + signature);
    }
    return dropped;
}

} // namespace

function_changes apply_functions(pqxx::connection& session, script_set const& scripts) {
    pqxx::work work{session};
    if (are_current(work, scripts)) {
        return {false, {}};
    }
    // Twice: first in any order, so that all functions exist when their bodies are checked the
    // second time.
    for (char const* const checked : {"off", "on"}) {
        work.exec(std::string{"set local check_function_bodies = "} + checked);
        for (script const& function : scripts.functions) {
            run_script(work, function);
        }
    }
    function_changes changes{true, drop_untouched(work)};
    work.exec("insert into tasker.function_set (checksum, applied_by) values (" +
              work.quote(std::string{scripts.functions_checksum}) + ", " +
              work.quote(std::string{tasker::version()}) +
              ") on conflict (only_row) do update set checksum = excluded.checksum, "
              "applied_at = excluded.applied_at, applied_by = excluded.applied_by");
    work.commit();
    return changes;
}

} // namespace tasker::sql
