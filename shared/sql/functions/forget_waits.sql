-- Deletes what is stored about steps while they wait: their timers, and waits for signals. It has no SET options: it
-- runs under those of its callers.
-- called by: signal_task, deliver_keyed_signal, fire_deadlines, cancel_tasks, stop_map, skip_steps, stop_step; all hold
--   the steps' locks. end_tasks, with step_no -1, for the time limits of tasks; it holds the tasks' locks.
-- locks: the waits; timers (skip locked: a timer that is firing finds that the step, or the task, has ended).
create or replace function tasker.forget_waits(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    delete from tasker.signal_waits w
    using (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no) offset 0) e
    where w.task_id = any (array[e.task_id]) and w.step_no = e.step_no;
    with own as materialized (
        select d.due_at, e.task_id, e.step_no, d.kind
        from unnest(p_task_ids, p_step_nos) e(task_id, step_no)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select d.due_at, d.kind from tasker.timers d
            where d.task_id = e.task_id and d.step_no = e.step_no
            offset 0 for update skip locked) d
    )
    delete from tasker.timers d using own
    where d.due_at = any (array[own.due_at]) and d.task_id = any (array[own.task_id]) and d.step_no = own.step_no
      and d.kind = own.kind;
end;
$$;
