#include "tasker/measure/resources.hpp"

namespace tasker::measure {

usage usage::operator-(usage const& other) const noexcept {
    return {.cpu = cpu - other.cpu,
            .wal_bytes = wal_bytes - other.wal_bytes,
            .commits = commits - other.commits,
            .rows_written = rows_written - other.rows_written,
            .hot_updates = hot_updates - other.hot_updates,
            .updates = updates - other.updates,
            .dead_tuples = dead_tuples - other.dead_tuples};
}

meter::meter(engine& on) : on_{on}, begin_{look()} {}

meter::snapshot meter::look() {
    snapshot out{.counts = {}, .cpu = on_.cpu()};
    pqxx::nontransaction query{on_.database()};
    auto const row = query.exec(
        "select pg_current_wal_insert_lsn() - '0/0' as wal_bytes, d.xact_commit as commits, "
        "       t.written, t.hot, t.updated, t.dead "
        "from pg_stat_database d, "
        "     (select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as written, "
        "             coalesce(sum(n_tup_hot_upd), 0) as hot, "
        "             coalesce(sum(n_tup_upd), 0) as updated, "
        "             coalesce(sum(n_dead_tup), 0) as dead "
        "      from pg_stat_user_tables) t "
        "where d.datname = current_database()")[0];
    for (auto const& field : row) {
        out.counts[field.name()] = field.as<double>();
    }
    return out;
}

usage meter::take() {
    auto const now = look();
    auto const grown = [&](char const* name) {
        return now.counts.at(name) - begin_.counts.at(name);
    };
    return {.cpu = now.cpu - begin_.cpu,
            .wal_bytes = grown("wal_bytes"),
            .commits = grown("commits"),
            .rows_written = grown("written"),
            .hot_updates = grown("hot"),
            .updates = grown("updated"),
            .dead_tuples = grown("dead")};
}

void count(recorder& to, std::string_view name, usage const& spent, double amount,
           std::string const& per) {
    auto const each = [&](std::string const& what, double value) {
        to.count(name, what + " per " + per, value / amount);
    };
    constexpr double us_per_s = 1e6;
    each("WAL bytes", spent.wal_bytes);
    each("commits", spent.commits);
    each("rows written", spent.rows_written);
    each("dead tuples", spent.dead_tuples);
    if (spent.cpu.postgres > 0) { // not of a server elsewhere
        each("µs of PostgreSQL CPU", spent.cpu.postgres * us_per_s);
    }
    each("µs of orchestrator CPU", spent.cpu.orchestrator * us_per_s);
    each("µs of worker CPU", spent.cpu.worker * us_per_s);
    each("µs of load generator CPU", spent.cpu.load * us_per_s);
    if (spent.updates > 0) {
        to.count(name, "HOT updates %", 100 * spent.hot_updates / spent.updates);
    }
}

} // namespace tasker::measure
