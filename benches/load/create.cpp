#include "modes.hpp"

#include <stdexcept>

namespace tasker::load {

namespace {

constexpr std::chrono::seconds warm_up{1};

void check_stored(engine& on, std::size_t accepted) {
    if (!on.is_private()) {
        return;
    }
    pqxx::nontransaction query{on.database()};
    auto const stored = query.exec("select count(*) from tasker.tasks")[0][0].as<std::size_t>();
    if (stored != accepted) {
        throw std::runtime_error{std::to_string(accepted) + " creations were acknowledged, but " +
                                 std::to_string(stored) + " tasks are stored"};
    }
}

loop_result run_without_errors(closed_loop const& plan) {
    auto result = run(plan);
    if (result.errors > 0) {
        throw std::runtime_error{std::to_string(result.errors) +
                                 " errors; the first: " + result.first_error};
    }
    return result;
}

void check_floor(double tasks_per_s) {
    constexpr double floor_per_s = 100;
    if (tasks_per_s < floor_per_s) {
        throw std::runtime_error{"fewer than 100 tasks a second"};
    }
}

} // namespace

figures create(engine& on, create_options const& options) {
    auto const graph = named_shape(options.shape);
    on.register_template(graph);
    auto const request = make_request("POST", "/v1/tasks", "application/json", graph.task_json());
    auto const count_from = steady_clock::now() + warm_up;
    auto const until = count_from + options.duration;
    auto const cpu_before = on.cpu();
    auto result = run_without_errors({.peer = on.orchestrator(),
                                      .connections = options.connections,
                                      .expected_status = 201,
                                      .next = [&]() -> std::string const* {
                                          return steady_clock::now() < until ? &request : nullptr;
                                      },
                                      .count_from = count_from});
    auto const cpu = on.cpu() - cpu_before;
    check_stored(on, result.accepted);
    double const rate = static_cast<double>(result.latencies_ms.size()) / result.seconds;
    check_floor(rate);
    figures out{{"tasks per second", rate, "/s", at_least(10'000)}};
    append_latencies(out, "creation", std::move(result.latencies_ms));
    out.push_back({.name = "errors", .value = 0, .unit = "", .may_be_zero = true});
    append(out, cpu);
    return out;
}

figures batch(engine& on, batch_options const& options) {
    auto const graph = named_shape(options.shape);
    on.register_template(graph);
    auto const request =
        make_request("POST", "/v1/tasks/batch", "application/json", graph.batch_json(options.size));
    // Every connection asks once more when there is no batch left, so the count must stay at zero.
    auto const run_batches = [&](std::size_t left) {
        return run_without_errors({.peer = on.orchestrator(),
                                   .connections = options.connections,
                                   .expected_status = 201,
                                   .next = [&]() -> std::string const* {
                                       return left > 0 ? (--left, &request) : nullptr;
                                   }});
    };
    auto const warm = run_batches(static_cast<std::size_t>(options.connections));
    auto const cpu_before = on.cpu();
    auto result = run_batches(options.batches);
    auto const cpu = on.cpu() - cpu_before;
    check_stored(on, (warm.accepted + result.accepted) * options.size);
    double const rate = static_cast<double>(result.accepted * options.size) / result.seconds;
    check_floor(rate);
    figures out{{"tasks per second", rate, "/s", at_least(50'000)}};
    append_latencies(out, "batch", std::move(result.latencies_ms));
    append(out, cpu);
    return out;
}

} // namespace tasker::load
