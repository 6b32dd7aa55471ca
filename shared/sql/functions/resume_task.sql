-- Ends the pause of a task, see pause_task. A pause of its template, its namespace or everything stays.
-- called by: the orchestrator (POST /v1/tasks/{id}/resume); users.
-- returns: whether this call ended a pause; false: the task was not paused, or has ended.
-- locks: see end_pause.
-- raises: TK001 bad arguments; TK002 no such task; TK008 it is a child task.
create or replace function tasker.resume_task(
    p_task_id uuid, p_reason text default null, p_by text default null, out resumed boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
begin
    perform tasker.check_reason(p_by, p_reason);
    perform tasker.check_top(p_task_id, 'resume');
    resumed := tasker.end_pause(null, null, p_task_id);
    if resumed then
        insert into tasker.task_events (task_id, kind, at, by, reason)
        values (p_task_id, 'resume', tasker.clock(), p_by, p_reason);
    end if;
end;
$$;
