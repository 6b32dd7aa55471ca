-- Locks a task and resolves a step of it, see resolve_step. It has no SET options: it runs under those of its caller.
-- called by: resolve_step.
-- returns: whether this call resolved it; false: it has ended so before.
-- locks: the open steps of the task (lock_runs), or none of a failed task; the task; then as stop_step or reset_tasks;
--   then as end_waits.
-- moves: as stop_step or reset_tasks; step enqueued | in_progress | waiting_for_retry | waiting -> complete | skipped;
--   then as end_waits.
-- raises: TK008 see may_resolve; TK009 the task has ended, or was retried, meanwhile.
create or replace function tasker.resolve_locked(
    p_task_id uuid, p_step tasker.template_steps, p_result json, p_reason text, p_by text) returns boolean
language plpgsql
as $$
declare
    v_state tasker.task_state := (select t.state from tasker.tasks t where t.task_id = p_task_id);
    v_task  tasker.tasks;
    v_shift int; -- by how much fewer steps of the task are active, and more of them wait
begin
    if not tasker.has_ended(v_state) then
        perform tasker.lock_runs(array[p_task_id], '{}', '{}');
    end if;
    select * into v_task from tasker.tasks t where t.task_id = p_task_id for update;
    if tasker.has_ended(v_task.state) <> tasker.has_ended(v_state) then
        raise exception 'the task has changed' using errcode = 'TK009';
    elsif not tasker.may_resolve(p_task_id, p_step, p_result) then
        return false;
    end if;
    if v_task.state = 'failed' then
        perform tasker.reset_tasks(array[p_task_id], p_step.step_no);
        v_shift := (p_step.kind in ('sleep', 'signal'))::int;
    else
        v_shift := tasker.stop_step(p_task_id, p_step, p_result is null);
    end if;
    update tasker.maps m set items_open = 0 where m.task_id = p_task_id and m.step_no = p_step.step_no;
    update tasker.tasks t
    set is_dynamic = true, steps_active = t.steps_active - v_shift, steps_waiting = t.steps_waiting + v_shift,
        state = case when v_shift < 0 then 'running' else t.state end -- the next steps may start in the same moment
    where t.task_id = p_task_id;
    perform tasker.end_waits(
        array[p_task_id], array[p_step.step_no],
        array[(case when p_result is null then 'skipped' else 'complete' end)::tasker.step_state], array[p_result::text],
        '{enqueued,in_progress,waiting_for_retry,waiting}');
    insert into tasker.task_events (task_id, kind, at, by, reason, step_no)
    select p_task_id, 'resolve', s.finished_at, p_by, p_reason, p_step.step_no
    from tasker.steps s where s.task_id = p_task_id and s.step_no = p_step.step_no;
    return true;
end;
$$;
