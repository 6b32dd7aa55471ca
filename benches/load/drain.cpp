#include "modes.hpp"

#include "tasker/measure/tasks.hpp"

#include <stdexcept>

namespace tasker::load {

namespace {

double unix_seconds() {
    return std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}
        .count();
}

/// Every step ran once, and to its end.
void check_steps(pqxx::nontransaction& query, std::size_t expected) {
    auto const row = query.exec("select count(*) filter (where state = 'complete'), sum(attempt) "
                                "from tasker.steps")[0];
    if (row[0].as<std::size_t>() != expected || row[1].as<std::size_t>() != expected) {
        throw std::runtime_error{"of " + std::to_string(expected) + " steps " +
                                 row[0].as<std::string>() + " are complete, after " +
                                 row[1].as<std::string>() + " attempts"};
    }
}

} // namespace

figures drain(engine& on, drain_options const& options) {
    auto const graph = named_shape(options.shape);
    on.register_template(graph);
    create_backlog(on, graph, options.tasks);

    on.start_worker();
    auto const cpu_before = on.cpu();
    wait_until_drained(on, options.tasks);
    // The database stamps with the clock of this machine; the end is when the last commit was seen.
    double const end = unix_seconds();
    auto const cpu = on.cpu() - cpu_before;

    pqxx::nontransaction query{on.database()};
    auto const steps = options.tasks * graph.steps();
    check_steps(query, steps);
    double const begin =
        query.exec("select extract(epoch from min(started_at)) from tasker.tasks")[0][0]
            .as<double>();
    double const seconds = end - begin;
    constexpr double floor_per_s = 100;
    double const rate = static_cast<double>(steps) / seconds;
    if (rate < floor_per_s) {
        throw std::runtime_error{"fewer than 100 steps a second"};
    }
    figures out{
        {"steps per second", rate, "/s", at_least(20'000)},
        {"tasks per second", static_cast<double>(options.tasks) / seconds, "/s"},
        {"first claim to last completion", seconds, "s"},
    };
    append(out, cpu);
    return out;
}

} // namespace tasker::load
