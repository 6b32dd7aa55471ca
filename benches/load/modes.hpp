#pragma once

#include "figure.hpp"
#include "tasker/measure/engine.hpp"

#include <chrono>
#include <cstddef>
#include <string>

/// What can be measured. Each begins on an engine that was just reset, and returns the figures of
/// one run. Errors: throws std::exception if anything went wrong, wrong counts included.

namespace tasker::load {

using namespace measure;

/// A backlog is created while no worker runs; then one worker process drains it.
struct drain_options {
    std::size_t tasks = 50'000;
    std::string shape = "diamond4";
};
figures drain(engine& on, drain_options const& options);

/// One task at a time on an idle system: POST, then GET with ?wait.
struct latency_options {
    std::size_t count = 1'000;
    std::string shape = "linear3";
};
figures latency(engine& on, latency_options const& options);

/// POST /v1/tasks from many connections; no worker runs.
struct create_options {
    int connections = 64;
    std::chrono::seconds duration{10};
    std::string shape = "linear3";
};
figures create(engine& on, create_options const& options);

/// POST /v1/tasks/batch; no worker runs.
struct batch_options {
    std::size_t size = 10'000;
    int connections = 2;
    std::size_t batches = 20;
    std::string shape = "linear3";
};
figures batch(engine& on, batch_options const& options);

/// How many transactions the programs issue when there is nothing to do.
struct idle_options {
    std::chrono::seconds duration{30};
};
figures idle(engine& on, idle_options const& options);

/// Resident memory before, after so many tasks, and after as many again.
struct memory_options {
    std::size_t tasks = 100'000;
    std::string shape = "diamond4";
};
figures memory(engine& on, memory_options const& options);

/// Registering and running graphs of up to 10,000 steps: time by step and edge.
figures scale(engine& on);

} // namespace tasker::load
