#pragma once

#include "tasker/sql/scripts.hpp"

namespace tasker::sql {

/// A small schema to migrate to, with this build's PGMQ.
inline script_set sample_scripts() {
    return {.migrations = {{"0001_first.sql", "sum 1", "create table tasker.first (a int);"},
                           {"0002_second.sql", "sum 2", "create table tasker.second (a int);"}},
            // The first uses the second, whose body is checked against the table.
            .functions = {{"a.sql", "",
                           "create or replace function tasker.a() returns bigint language sql as "
                           "'select tasker.b()';"},
                          {"b.sql", "",
                           "create or replace function tasker.b() returns bigint language sql as "
                           "'select count(*) from tasker.first';"}},
            .functions_checksum = "functions 1",
            .pgmq = embedded_scripts().pgmq,
            .fingerprint = "sample"};
}

} // namespace tasker::sql
