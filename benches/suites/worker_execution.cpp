#include "handlers.hpp"

#include "tasker/measure/bench.hpp"
#include "tasker/measure/stage.hpp"
#include "tasker/worker/handler_registry.hpp"
#include "tasker/worker/run_handler.hpp"

#include <stdexcept>

namespace {

using namespace tasker::measure;
using namespace tasker;

struct work {
    std::string name;
    worker::handler run;
};

/// Where the time of a batch went, by step, in ms.
struct parts {
    std::vector<double> claim;
    std::vector<double> execute;
    std::vector<double> submit;
    std::vector<double> total;
};

void take_batch(stage& core, work const& what, std::int32_t size, parts& to) {
    auto const count = static_cast<double>(size);
    auto const start = steady_clock::now();
    auto const steps = core.claim(size);
    double const claimed = ms_since(start);
    if (steps.size() != static_cast<std::size_t>(size)) {
        throw std::runtime_error{"too few steps were waiting"};
    }
    for (auto const& each : steps) {
        auto const result = worker::try_handler(what.run, {.name = each.name});
        if (!result.is_success()) {
            throw std::runtime_error{"a handler failed"};
        }
    }
    double const executed = ms_since(start);
    core.finish(steps);
    double const submitted = ms_since(start);
    to.claim.push_back(claimed / count);
    to.execute.push_back((executed - claimed) / count);
    to.submit.push_back((submitted - executed) / count);
    to.total.push_back(submitted / count);
}

void measure_case(bench& on, stage& core, work const& what, std::int32_t size,
                  std::size_t batches) {
    auto const suffix = ", " + what.name + ", batch " + std::to_string(size);
    if (!on.wants("total" + suffix)) {
        return;
    }
    constexpr std::size_t warm_up = 5;
    core.create_many((batches + warm_up) * static_cast<std::size_t>(size));
    parts dropped;
    parts kept;
    for (std::size_t i = 0; i < warm_up + batches; ++i) {
        take_batch(core, what, size, i < warm_up ? dropped : kept);
    }
    on.add("claim" + suffix, kept.claim);
    on.add("execute" + suffix, kept.execute);
    on.add("submit" + suffix, kept.submit);
    on.add("total" + suffix, kept.total);
    on.progress("total" + suffix + ": " + std::to_string(on.last_median("total" + suffix)) +
                " ms a step");
}

void measure_all(bench& on) {
    auto& programs = on.programs();
    programs.require_private();
    programs.stop_orchestrator();
    stage core{programs.dsn()};
    core.use(named_shape("single"));
    pqxx::connection session{programs.dsn()};
    std::vector<work> const kinds{
        {"no-op", [](worker::step_context const&) { return worker::success(); }},
        {"calculation",
         [](worker::step_context const&) -> worker::step_result {
             return nlohmann::json(suites::calculate(17));
         }},
        {"database",
         [&session](worker::step_context const&) -> worker::step_result {
             pqxx::nontransaction query{session};
             return nlohmann::json(
                 query.exec("select count(*) from tasker.templates")[0][0].as<int>());
         }},
    };
    on.setting("steps",
               "enqueued in advance, single-step tasks; one thread claims, executes, submits");
    on.setting("unit", "each part of a batch divided by its steps");
    on.setting("warm-up", "5 batches of each case, dropped");
    on.repeat_full(10);
    while (on.next_repetition()) {
        for (auto const& each : kinds) {
            measure_case(on, core, each, 1, on.sized(100, 60, 10));
            measure_case(on, core, each, 100, on.sized(20, 15, 3));
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    return suite_main(argc, argv, "worker_execution",
                      "The work of a worker: claim, execute, submit.", measure_all);
}
