#include "engine_run.hpp"

#include <fmt/format.h>

namespace tasker::sql::testing {

void engine_run::sweep() {
    on_.db().exec("select from tasker.sweep_tasks(null, 1000000)");
}

std::string engine_run::lost_steps() {
    return on_.db().value<std::string>(
        "select coalesce(string_agg(concat_ws(' ', l.step_no, s.state, 'of a task that is', "
        "t.state, "
        "t.compensation), ', '), '') "
        "from tasker.lost_steps(array(select task_id from tasker.tasks)) l "
        "join tasker.tasks t using (task_id) left join tasker.steps s using (task_id, step_no)");
}

/// Loses up to three messages of steps that a worker could claim or holds.
void engine_run::lose_messages() {
    for (auto const queue : queues) {
        on_.db().exec(fmt::format("delete from pgmq.q_{0} where msg_id in (select msg_id from "
                                  "pgmq.q_{0} order by msg_id % 7, msg_id limit {1})",
                                  queue, below(4)));
    }
}

engine_run::outcome engine_run::run_with_lost_messages(model_workflow const& steps,
                                                       std::uint64_t seed) {
    random_.seed(seed);
    create(steps);
    std::string found;
    bool has_lost_some = false;
    do {
        // A report that continues with the next step passes on the message, even if it was lost.
        found += has_lost_some ? "" : lost_steps();
        sweep();
        if (below(3) == 0) {
            lose_messages();
            has_lost_some = true;
            sweep();
        }
    } while (move(steps) || wait(steps));
    drop_messages();
    auto out = end();
    if (!found.empty()) {
        out.problem += " seemed lost: " + found;
    }
    return out;
}

} // namespace tasker::sql::testing
