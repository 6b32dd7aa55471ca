#include "engine_run.hpp"

#include <fmt/format.h>

namespace tasker::sql::testing {

engine_run::outcome engine_run::end() {
    outcome out;
    for (auto const& row :
         on_.db().exec(fmt::format("select state, coalesce(compensation ->> 'state', '') "
                                   "from tasker.list_steps('{}', null, -1, 1000) order by step_no",
                                   task_))) {
        out.end.steps.push_back(row[0].as<std::string>());
        out.end.undone.push_back(row[1].as<std::string>());
    }
    auto const task = on_.db().exec(
        fmt::format("select state, coalesce(regexp_replace(result::jsonb::text, "
                    "'\\{{\"at\": \"[^\"]*\", \"by\": null, \"payload\": "
                    "(\\{{[^}}]*\\}})\\}}', '\\1', 'g'), ''), coalesce(compensation, ''), "
                    "(select ended_by is not null from tasker.tasks where task_id = '{0}') "
                    "from tasker.get_tasks(array['{0}'::uuid])",
                    task_));
    out.end.task = task[0][0].as<std::string>();
    out.end.result = task[0][1].as<std::string>();
    out.end.compensation = task[0][2].as<std::string>();
    for (auto const& row : on_.db().exec(
             fmt::format("select concat(h.context ->> 'state', ', ', h.context ->> 'compensation') "
                         "from tasker.task_labels l join tasker.tasks h using (task_id) "
                         "where l.name = 'tasker.hook_of' and l.value = '{}' "
                         "order by h.task_id",
                         task_))) {
        out.end.hook += row[0].as<std::string>();
    }
    out.was_ended = task[0][3].as<bool>();
    out.problem = problem();
    return out;
}

std::string engine_run::problem() {
    if (!misplaced_.empty()) {
        return "a step was in queue " + misplaced_;
    }
    if (messages() > 0) {
        return "messages are left";
    }
    return on_.db().value<std::string>(fmt::format(
        "select concat_ws(', ', "
        "(select 'timers are left' from tasker.timers limit 1), "
        "(select 'waits are left' from tasker.signal_waits limit 1), "
        "(select 'a child is open' from tasker.tasks t where not tasker.has_ended(t.state) limit "
        "1), "
        "(select 'counters are ' || t.steps_active || ' and ' || t.steps_waiting "
        " from tasker.tasks t where t.task_id = '{0}' and (t.steps_active <> 0 or t.steps_waiting "
        "<> 0)), "
        "(select 'steps_failed is ' || t.steps_failed from tasker.tasks t "
        " where t.task_id = '{0}' and t.steps_failed <> ("
        "   select count(*) from tasker.steps s join tasker.template_steps d using (template_id, "
        "step_no) "
        "   where s.task_id = t.task_id and s.state = 'failed' and d.undoes is null and "
        "   (not d.allow_failure or tasker.is_refused(s.error) or s.step_no = t.ended_by % "
        "10000))), "
        "(select 'items are open' from tasker.steps s where s.task_id = '{0}' and s.step_no >= "
        "10000 "
        " and s.state not in ('complete', 'failed', 'cancelled', 'skipped') limit 1), "
        "(select 'items are miscounted' from tasker.maps m join tasker.tasks t using (task_id) "
        " where m.task_id = '{0}' and t.state <> 'cancelled' and (m.items_open <> 0 or "
        "  m.items_complete <> (select count(*) from tasker.steps s where s.task_id = m.task_id "
        "and "
        "   s.step_no % 10000 = m.step_no and s.step_no >= 10000 and s.state = 'complete')) limit "
        "1), "
        "(select 'events are wrong' where array(select concat(q.message ->> 'step', ' ', q.message "
        "->> 'state') from pgmq.q_default_domain_events q where q.message ->> 'task_id' = '{0}' "
        "order by 1) <> array(select concat(d.name, ' ', s.state) from tasker.steps s join "
        "tasker.template_steps d using (template_id, step_no) where s.task_id = '{0}' and "
        "d.events is not null and s.state in ('complete', 'failed') and not exists ("
        "   select from tasker.tasks t where t.task_id = s.task_id and s.finished_at < "
        "t.created_at) order by 1)), "
        "(select 'finished_at is null' from tasker.tasks t where t.task_id = '{0}' and "
        "t.finished_at is null), "
        "(select 'unsuccessful_tasks is wrong' from tasker.tasks t where t.task_id = '{0}' "
        " and (t.state <> 'complete') <> exists (select from tasker.unsuccessful_tasks u "
        "   where u.task_id = t.task_id and u.state = t.state)))",
        task_));
}

} // namespace tasker::sql::testing
