#include "modes.hpp"

#include "tasker/measure/tasks.hpp"

#include <thread>

namespace tasker::load {

namespace {

/// Sessions report what they did at the latest 10 s after it (PGSTAT_IDLE_INTERVAL): what the start
/// caused must have been reported before the clock starts.
constexpr std::chrono::seconds settle{12};

std::size_t transactions(pqxx::nontransaction& query) {
    return query
        .exec("select xact_commit + xact_rollback from pg_stat_database "
              "where datname = current_database()")[0][0]
        .as<std::size_t>();
}

} // namespace

figures idle(engine& on, idle_options const& options) {
    auto const graph = named_shape("single");
    on.register_template(graph);
    on.start_worker();
    create_backlog(on, graph, 10);
    wait_until_drained(on, 10);

    pqxx::nontransaction query{on.database()};
    query.exec("alter system set autovacuum = off"); // its transactions would count
    query.exec("select pg_reload_conf()");
    std::this_thread::sleep_for(settle);
    auto const begin = steady_clock::now();
    auto const before = transactions(query);
    auto const cpu_before = on.cpu();
    std::this_thread::sleep_for(options.duration);
    auto const after = transactions(query);
    auto const cpu = on.cpu() - cpu_before;
    double const seconds = std::chrono::duration<double>{steady_clock::now() - begin}.count();
    query.exec("alter system reset autovacuum");
    query.exec("select pg_reload_conf()");

    // The first look counted, though not in itself; the second is not reported yet.
    constexpr std::size_t own = 1;
    auto const issued = after - before > own ? after - before - own : 0;
    figures out{{"queries per second, all processes", static_cast<double>(issued) / seconds, "/s",
                 at_most(2)}};
    append(out, cpu);
    return out;
}

} // namespace tasker::load
