#include "failure_log.hpp"

#include "tasker/log/log.hpp"
#include "tasker/wire/step_error.hpp"

#include <string>

namespace tasker::worker {

void log_failure(queue::claimed_step const& step, queue::finished_step const& report) {
    auto const failure = wire::read_step_error(report.payload);
    log::warn("step_failed", {{"task", step.task},
                              {"step", step.name},
                              {"handler", step.handler},
                              {"attempt", step.failures + 1},
                              {"permanent", report.outcome == queue::outcome::permanent_failure},
                              {"type", failure ? failure->type : std::string{}}});
    if (!log::enabled(log::level::debug)) {
        return;
    }
    auto text = failure ? failure->message : report.payload;
    if (failure && failure->traceback) {
        text += '\n' + *failure->traceback;
    }
    log::debug("step_error", {{"task", step.task},
                              {"step", step.name},
                              {"attempt", step.failures + 1},
                              {"error", text}});
}

} // namespace tasker::worker
