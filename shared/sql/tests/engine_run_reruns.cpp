#include "engine_run.hpp"

#include <fmt/format.h>

namespace tasker::sql::testing {

engine_run::outcome engine_run::rerun(model_workflow const& steps, std::size_t from,
                                      std::vector<bool>& taken) {
    try {
        task_ = on_.db().value<std::string>(
            fmt::format("select task_id from tasker.rerun_task('{}', '{}')", task_, name_of(from)));
    } catch (pqxx::sql_error const&) {
        finish_all(steps);
        throw;
    }
    taken.assign(steps.size(), false);
    for (auto const& row :
         on_.db().exec(fmt::format("select s.step_no from tasker.steps s join tasker.tasks t "
                                   "using (task_id) where s.task_id = '{}' and "
                                   "s.state in ('complete', 'skipped') and "
                                   "s.finished_at < t.created_at",
                                   task_))) {
        taken.at(row[0].as<std::size_t>()) = true;
    }
    signal(steps, true);
    finish_all(steps);
    return end();
}

} // namespace tasker::sql::testing
