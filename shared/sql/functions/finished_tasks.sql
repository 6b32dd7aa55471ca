-- Those of the tasks with these ids that have finished: failed, complete or cancelled, and no longer
-- compensating.
-- called by: the orchestrator, for the requests that wait (GET /v1/tasks/{id}?wait=).
create or replace function tasker.finished_tasks(p_task_ids uuid[]) returns setof tasker.task_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    -- A variable: the planner inlines no function that has a sub-select among its arguments.
    v_finished uuid[] := array(
        select t.task_id from tasker.tasks t
        where t.task_id = any (p_task_ids) and t.state in ('failed', 'complete', 'cancelled')
          and t.compensation is distinct from 'running');
begin
    return query select * from tasker.task_rows(v_finished);
end;
$$;
