#include "modes.hpp"
#include "report.hpp"
#include "tasker/measure/engine.hpp"
#include "tasker/measure/machine.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace tasker::load;
using tasker::measure::engine;

struct options {
    std::string url;
    std::string json;
    int repetitions = 1;
    drain_options drain;
    latency_options latency;
    create_options create;
    batch_options batch;
    idle_options idle;
    memory_options memory;
};

struct mode {
    std::string name;
    std::function<facts()> settings;
    std::function<figures(engine&)> run;
};

std::vector<mode> make_modes(options const& chosen) {
    using std::to_string;
    return {
        {"drain",
         [&] {
             return facts{{"tasks", to_string(chosen.drain.tasks)}, {"shape", chosen.drain.shape}};
         },
         [&](engine& on) { return drain(on, chosen.drain); }},
        {"latency",
         [&] {
             return facts{{"count", to_string(chosen.latency.count)},
                          {"shape", chosen.latency.shape},
                          {"warm-up", "200 tasks, discarded"}};
         },
         [&](engine& on) { return latency(on, chosen.latency); }},
        {"create",
         [&] {
             return facts{{"connections", to_string(chosen.create.connections)},
                          {"seconds", to_string(chosen.create.duration.count())},
                          {"shape", chosen.create.shape},
                          {"warm-up", "1 s, discarded"}};
         },
         [&](engine& on) { return create(on, chosen.create); }},
        {"batch",
         [&] {
             return facts{{"size", to_string(chosen.batch.size)},
                          {"connections", to_string(chosen.batch.connections)},
                          {"batches", to_string(chosen.batch.batches)},
                          {"shape", chosen.batch.shape},
                          {"warm-up", "one batch a connection, discarded"}};
         },
         [&](engine& on) { return batch(on, chosen.batch); }},
        {"idle",
         [&] {
             return facts{{"seconds", to_string(chosen.idle.duration.count())}};
         },
         [&](engine& on) { return idle(on, chosen.idle); }},
        {"memory",
         [&] {
             return facts{{"tasks", to_string(chosen.memory.tasks)},
                          {"shape", chosen.memory.shape}};
         },
         [&](engine& on) { return memory(on, chosen.memory); }},
        {"scale",
         [] {
             return facts{{"runs", "the median of 3"}};
         },
         [](engine& on) { return scale(on); }},
    };
}

void add_seconds(CLI::App* to, std::chrono::seconds& duration) {
    to->add_option_function<long>("--seconds", [&duration](long value) {
          duration = std::chrono::seconds{value};
      })->check(CLI::Range(1, 3'600));
}

void add_mode_options(CLI::App& app, options& chosen) {
    auto const shapes = CLI::IsMember({"single", "linear3", "diamond4"});
    auto const tasks = CLI::Range(1, 10'000'000);
    auto* const drain = app.add_subcommand("drain", "steps/s of one worker with a backlog");
    drain->add_option("--tasks", chosen.drain.tasks)->check(tasks)->capture_default_str();
    drain->add_option("--shape", chosen.drain.shape)->check(shapes)->capture_default_str();
    auto* const latency = app.add_subcommand("latency", "one task at a time, POST to completion");
    latency->add_option("--count", chosen.latency.count)->check(tasks)->capture_default_str();
    latency->add_option("--shape", chosen.latency.shape)->check(shapes)->capture_default_str();
    auto* const create = app.add_subcommand("create", "tasks/s of POST /v1/tasks");
    create->add_option("--connections", chosen.create.connections)
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    add_seconds(create, chosen.create.duration);
    create->add_option("--shape", chosen.create.shape)->check(shapes)->capture_default_str();
    auto* const batch = app.add_subcommand("batch", "tasks/s of POST /v1/tasks/batch");
    batch->add_option("--size", chosen.batch.size)
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    batch->add_option("--connections", chosen.batch.connections)
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    batch->add_option("--batches", chosen.batch.batches)->check(tasks)->capture_default_str();
    batch->add_option("--shape", chosen.batch.shape)->check(shapes)->capture_default_str();
    auto* const idle = app.add_subcommand("idle", "queries/s with nothing to do");
    add_seconds(idle, chosen.idle.duration);
    auto* const memory = app.add_subcommand("memory", "resident memory after many tasks");
    memory->add_option("--tasks", chosen.memory.tasks)->check(tasks)->capture_default_str();
    memory->add_option("--shape", chosen.memory.shape)->check(shapes)->capture_default_str();
    app.add_subcommand("scale", "time by step and edge, for up to 10,000 steps");
    app.add_subcommand("all", "every mode above");
}

std::vector<figures> repeat(mode const& each, engine& on, int repetitions) {
    std::vector<figures> out;
    for (int i = 0; i < repetitions; ++i) {
        on.reset();
        out.push_back(each.run(on));
    }
    return out;
}

int measure(options const& chosen, std::string const& wanted) {
    auto environment = tasker::measure::describe_machine();
    auto on = chosen.url.empty() ? engine::start_private()
                                 : engine::at(tasker::measure::parse_address(chosen.url));
    for (auto& fact : on.describe()) {
        environment.push_back(std::move(fact));
    }
    report results{std::move(environment)};
    results.print_environment();
    for (auto const& each : make_modes(chosen)) {
        if (wanted == each.name || wanted == "all") {
            try {
                results.add(each.name, each.settings(), repeat(each, on, chosen.repetitions));
            } catch (std::exception const& failure) {
                results.add_failure(each.name, failure.what());
            }
        }
    }
    if (!chosen.json.empty()) {
        results.write_json(chosen.json);
    }
    return results.has_failures() ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) try {
    options chosen;
    CLI::App app{"Measures how fast Tasker works, on a private PostgreSQL with fsync."};
    app.add_option("--url", chosen.url, "use the orchestrator at http://HOST:PORT");
    app.add_option("--json", chosen.json, "write the figures to this file as well");
    app.add_option("--repetitions", chosen.repetitions, "runs of each mode, each on fresh data")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.require_subcommand(1);
    app.fallthrough();
    add_mode_options(app, chosen);
    CLI11_PARSE(app, argc, argv);
    return measure(chosen, app.get_subcommands().front()->get_name());
} catch (std::exception const& failure) {
    std::fprintf(stderr, "tasker-load: %s\n", failure.what());
    return 1;
}
