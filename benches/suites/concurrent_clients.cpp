#include "tasker/measure/bench.hpp"
#include "tasker/measure/tasks.hpp"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace {

using namespace tasker::measure;
using tasker::steady_clock;

constexpr std::chrono::milliseconds warm_up{500};

std::size_t stored_tasks(engine& on) {
    return on.row("select count(*) from tasker.tasks")[0].as<std::size_t>();
}

void add_result(bench& on, std::string const& name, loop_result const& result,
                double generator_cpu_s) {
    auto const requests = static_cast<double>(result.latencies_ms.size());
    on.add(name, requests / result.seconds, "/s");
    on.add("latency: " + name, result.latencies_ms);
    on.add("by client: " + name, result.rates, "/s");
    on.count(name, "% of a core for the load generator", 100 * generator_cpu_s / result.seconds);
    on.count(name, "requests answered", result.accepted);
    on.count(name, "requests failed", result.errors);
    on.progress(fmt::format("{}: {:.0f} /s", name, requests / result.seconds));
}

void submit(bench& on, int clients, std::chrono::milliseconds duration) {
    auto const name = fmt::format("submit, {} clients", clients);
    if (!on.wants(name)) {
        return;
    }
    auto& programs = on.programs();
    auto const request = named_shape("linear3").creation();
    auto const before = programs.has_database() ? stored_tasks(programs) : 0;
    auto const count_from = steady_clock::now() + warm_up;
    auto const cpu = programs.cpu();
    auto result = run_without_errors({.peer = programs.orchestrator(),
                                      .connections = clients,
                                      .expected_status = 201,
                                      .next = until(count_from + duration, request),
                                      .count_from = count_from});
    auto const spent = programs.cpu() - cpu;
    if (programs.is_private()) {
        on.require(stored_tasks(programs) == before + result.accepted,
                   name + ": not every acknowledged task is stored, or more are");
    }
    add_result(on, name, result, spent.load);
}

/// 3 submissions : 2 looks at a task : 1 list : 1 look at the metrics : 1 at the health.
class mix {
public:
    explicit mix(engine& on)
        : on_{on},
          requests_{{{"create", named_shape("linear3").creation()},
                     {"get", make_request("GET", "/v1/tasks/" + a_task(on))},
                     {"list", make_request("GET", "/v1/tasks?limit=20")},
                     {"metrics", make_request("GET", "/metrics")},
                     {"health", make_request("GET", "/health")}}} {}

    loop_result run(int clients, std::chrono::milliseconds duration,
                    std::chrono::milliseconds before = {}) {
        static constexpr std::array<std::size_t, 8> turns{0, 1, 0, 2, 0, 1, 3, 4};
        auto const count_from = steady_clock::now() + before;
        return run_without_errors(
            {.peer = on_.orchestrator(),
             .connections = clients,
             .expected_status = any_success,
             .next = [this, end = count_from + duration]() -> std::string const* {
                 return steady_clock::now() < end ? &requests_[turns[turn_++ % turns.size()]].second
                                                  : nullptr;
             },
             .count_from = count_from});
    }

    /// With the figures of each route.
    void measure(bench& on, int clients, std::chrono::milliseconds duration) {
        auto const name = fmt::format("mix 3:2:1:1:1, {} clients", clients);
        if (!on.wants(name)) {
            return;
        }
        auto const cpu = on_.cpu();
        auto const result = run(clients, duration, warm_up);
        add_result(on, name, result, (on_.cpu() - cpu).load);
        for (auto const& [route, request] : requests_) {
            on.add(fmt::format("latency: {}, {}", route, name), result.by_request.at(&request));
        }
    }

    /// More and more connections, one step after the other.
    void ramp(bench& on, std::chrono::milliseconds step) {
        constexpr int most = 100;
        for (int clients = 10; on.wants("ramp of the mix") && clients <= most; clients += 10) {
            auto const result = run(clients, step);
            on.add(fmt::format("ramp of the mix, {} clients", clients),
                   static_cast<double>(result.latencies_ms.size()) / result.seconds, "/s");
        }
    }

private:
    static std::string a_task(engine& on) {
        return task_id_in(
            http_connection{on.orchestrator()}.expect(201, named_shape("linear3").creation()));
    }

    engine& on_;
    std::array<std::pair<char const*, std::string>, 5> requests_;
    std::size_t turn_ = 0;
};

/// Creations that are due at a steady rate, as clients that know nothing of each other make them.
void submit_openly(bench& on, double rate, std::chrono::milliseconds duration) {
    std::string const name = "submit, open loop at half the closed one";
    if (!on.wants(name)) {
        return;
    }
    auto const request = named_shape("linear3").creation();
    auto const count_from = steady_clock::now() + warm_up;
    auto const result = run_without_errors({.peer = on.programs().orchestrator(),
                                            .connections = 256,
                                            .expected_status = 201,
                                            .next = until(count_from + duration, request),
                                            .rate = rate,
                                            .count_from = count_from});
    on.add("latency: " + name, result.latencies_ms);
    on.count("latency: " + name, "requests due per second", rate);
}

/// Batches of 10,000 tasks over two connections.
void batches(bench& on, std::size_t tasks) {
    std::string const name = "submit in batches, 2 clients";
    if (!on.wants(name)) {
        return;
    }
    auto const start = steady_clock::now();
    create_backlog(on.programs(), named_shape("linear3"), tasks);
    on.add(name, static_cast<double>(tasks) / ms_since(start) * 1'000, "/s");
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    auto const duration = on.options().duration
                              ? std::chrono::milliseconds{*on.options().duration}
                              : std::chrono::milliseconds{on.sized(2'000, 1'500, 400)};
    std::vector<int> clients{10, 50, 100};
    if (on.options().length == run_length::smoke) {
        clients = {10, 100};
    }
    on.setting("load", "closed loop: each connection sends when it was answered; open loop: "
                       "requests are due at a steady rate, and wait for a connection from then "
                       "on; one thread in a separate process; no worker runs");
    on.setting("routes", "create, get, list, metrics, health; workers and queues have none, as the "
                         "metrics hold their figures");
    on.setting("warm-up", "0.5 s, discarded; then " + std::to_string(duration.count()) + " ms");
    while (on.next_repetition()) {
        programs.reset();
        programs.register_template(named_shape("linear3"));
        for (int const each : clients) {
            submit(on, each, duration);
        }
        if (on.options().filter.empty()) {
            on.add_figure("100 clients against 10",
                          on.last_median("submit, 100 clients") /
                              on.last_median("submit, 10 clients"),
                          "", better::higher);
        }
        if (on.wants("submit, 10 clients")) {
            submit_openly(on, on.last_median("submit, 10 clients") / 2, duration);
        }
        mix mixed{programs};
        for (int const each : clients) {
            mixed.measure(on, each, duration);
        }
        mixed.ramp(on, duration / 5);
        batches(on, on.sized(100'000, 40'000, 10'000));
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "concurrent_clients", "Many concurrent HTTP clients.",
                      measure_all, {.duration = true, .config = true});
}
