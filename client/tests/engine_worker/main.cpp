#include "arithmetic.hpp"
#include "journal.hpp"
#include "stage.hpp"

#include "tasker/worker/program.hpp"

namespace {

using namespace tasker;

/// Fails, retryably, as often as the initialization's `failures` says, and then succeeds.
worker::step_result fail_at_first(worker::step_context const& step) {
    engine::journal_entry const entry{step};
    if (step.failures() < step.initialization().at("failures").get<int>()) {
        return worker::retryable_error("not yet", "told_to_retry");
    }
    return nlohmann::json(step.delivery());
}

} // namespace

/// A worker for the engine's end-to-end tests, with handlers that compute, fail and wait on
/// request.
int main(int argc, char** argv) {
    return worker::run_program(argc, argv, "tasker-test-worker", [](worker::worker& tested) {
        engine::add_arithmetic(tested);
        engine::add_stage(tested);
        tested.handle("test.fail_at_first", fail_at_first);
    });
}
