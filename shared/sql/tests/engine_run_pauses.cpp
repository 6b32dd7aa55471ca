#include "engine_run.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tasker::sql::testing {

void engine_run::pause() {
    auto const name = fmt::format("t{}", templates_);
    std::string const scopes[]{fmt::format("_task('{}')", task_),
                               fmt::format("_tasks('default', '{}')", name),
                               "_tasks('default', null)", "_tasks(null, null)"};
    auto const& scope = scopes[below(std::size(scopes))];
    // The task may have ended.
    if (on_.db().value<bool>(
            fmt::format("select case when t.finished_at is null then tasker.pause{} else false end "
                        "from tasker.tasks t where t.task_id = '{}'",
                        scope, task_))) {
        pause_ = "resume" + scope;
    }
}

void engine_run::resume() {
    on_.db().exec("select tasker." + pause_);
    pause_.clear();
    expire_leases();
}

engine_run::outcome engine_run::run_with_pauses(model_workflow const& steps, std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    bool moves = true;
    while (moves) {
        if (below(3) == 0) {
            pause_.empty() ? pause() : resume();
        }
        moves = move(steps) || wait(steps);
        if (!moves && !pause_.empty()) {
            resume();
            moves = true;
        }
    }
    drop_messages();
    return end();
}

} // namespace tasker::sql::testing
