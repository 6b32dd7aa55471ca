#include "tasker/measure/resources.hpp"

namespace tasker::measure {

usage usage::operator-(usage const& earlier) const {
    auto out = *this;
    out.cpu = cpu - earlier.cpu;
    for (auto& [name, value] : out.counts) {
        value -= earlier.counts.at(name);
    }
    return out;
}

usage meter::look() {
    usage out{.cpu = on_.cpu(), .counts = {}};
    pqxx::nontransaction query{on_.database()};
    auto const row = query.exec(R"(
        select pg_current_wal_insert_lsn() - '0/0' as "WAL bytes", d.xact_commit as "commits", t.*
        from pg_stat_database d,
             (select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) as "rows written",
                     coalesce(sum(n_tup_hot_upd), 0) as "HOT updates",
                     coalesce(sum(n_tup_upd), 0) as "updates",
                     coalesce(sum(n_dead_tup), 0) as "dead tuples"
              from pg_stat_user_tables) t
        where d.datname = current_database())")[0];
    for (auto const& field : row) {
        out.counts[field.name()] = field.as<double>();
    }
    return out;
}

void count(recorder& to, std::string_view name, usage const& spent, double amount,
           std::string const& per) {
    auto const each = [&](std::string const& what, double value) {
        to.count(name, what + " per " + per, value / amount);
    };
    constexpr double us_per_s = 1e6;
    for (auto const* what : {"WAL bytes", "commits", "rows written", "dead tuples"}) {
        each(what, spent.counts.at(what));
    }
    if (spent.cpu.postgres > 0) { // not of a server elsewhere
        each("µs of PostgreSQL CPU", spent.cpu.postgres * us_per_s);
    }
    each("µs of orchestrator CPU", spent.cpu.orchestrator * us_per_s);
    each("µs of worker CPU", spent.cpu.worker * us_per_s);
    each("µs of load generator CPU", spent.cpu.load * us_per_s);
    if (auto const updates = spent.counts.at("updates"); updates > 0) {
        to.count(name, "HOT updates %", 100 * spent.counts.at("HOT updates") / updates);
    }
}

} // namespace tasker::measure
