-- Pauses a task with its child tasks (decision 0135): no step of it is claimed, and no timer of it fires, until
-- resume_task. Steps that run end as usual. A pause ends with its task.
-- p_by: who pauses it. p_reason: why.
-- called by: the orchestrator (POST /v1/tasks/{id}/pause); users.
-- returns: whether this call paused it; false: it was paused before.
-- locks: the task.
-- raises: TK001 bad arguments; TK002 no such task; TK008 it has ended, or is a child task.
create or replace function tasker.pause_task(
    p_task_id uuid, p_reason text default null, p_by text default null, out paused boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_task record;
begin
    perform tasker.check_reason(p_by, p_reason);
    select t.state, t.finished_at into v_task from tasker.tasks t where t.task_id = p_task_id for update;
    perform tasker.check_top(p_task_id, 'pause');
    if v_task.finished_at is not null then
        raise exception 'the task is %: only a task that has not ended can be paused', v_task.state
            using errcode = 'TK008';
    end if;
    insert into tasker.pauses (task_id, paused_at, by, reason) values (p_task_id, tasker.clock(), p_by, p_reason)
    on conflict do nothing;
    paused := found;
    if paused then
        insert into tasker.task_events (task_id, kind, at, by, reason)
        values (p_task_id, 'pause', tasker.clock(), p_by, p_reason);
    end if;
end;
$$;
