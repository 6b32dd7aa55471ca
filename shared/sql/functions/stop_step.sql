-- Stops what an open step waits for, before a user resolves it. Messages are dropped when they next turn up. It has no
-- SET options: it runs under those of its caller.
-- called by: resolve_locked, which has locked all open steps of the task, and the task.
-- p_compensate: what its child tasks have done is undone.
-- returns: by how much fewer steps of the task must be counted as active, and more as waiting, so that the step is
--   counted as end_waits expects it.
-- locks: its child tasks, see cancel_tasks. raises: lock_not_available, so that the caller releases its locks, too.
-- moves: its open items -> cancelled; its open child tasks, see cancel_tasks. All open steps of the task become
--   dynamic: their joins must look at how their parents ended.
create or replace function tasker.stop_step(p_task_id uuid, p_step tasker.template_steps, p_compensate boolean)
returns int
language plpgsql
as $$
declare
    v_now    timestamptz := tasker.clock();
    v_waited boolean; -- it is counted as waiting, but it is a handler
    v_steps  int[];   -- the step and its items
begin
    select s.state = 'waiting_for_retry' or s.state = 'waiting' and p_step.kind = 'handler' and p_step.repeat is not null
    into v_waited
    from tasker.steps s where s.task_id = p_task_id and s.step_no = p_step.step_no;
    if exists (
        select from tasker.steps s
        where s.task_id = p_task_id and tasker.template_step(s.step_no) = p_step.step_no and s.state = 'in_progress')
    then
        perform tasker.note_tasks('tasker.cancelled', 2000, array[p_task_id]);
    end if;
    update tasker.steps s set dynamic = true
    where s.task_id = p_task_id and not s.dynamic and not tasker.step_has_ended(s.state);
    with stopped as (
        update tasker.steps s set state = 'cancelled', finished_at = v_now
        where s.task_id = p_task_id and s.step_no >= 10000 and tasker.template_step(s.step_no) = p_step.step_no
          and not tasker.step_has_ended(s.state)
        returning s.step_no
    )
    select p_step.step_no || array_agg(t.step_no) into v_steps from stopped t;
    update tasker.steps s
    set started_at = coalesce(s.started_at, v_now), worker_id = null
    where s.task_id = p_task_id and s.step_no = p_step.step_no;
    perform tasker.cancel_children(array[p_task_id], p_step.step_no, p_compensate);
    perform tasker.forget_waits(array_fill(p_task_id, array[cardinality(v_steps)]), v_steps),
            tasker.forget_progress(array_fill(p_task_id, array[cardinality(v_steps)]), v_steps);
    return -v_waited::int;
end;
$$;
