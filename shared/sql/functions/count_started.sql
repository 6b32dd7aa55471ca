-- Counts the steps with which new tasks start, and moves the tasks accordingly. Each array contains a task once for
-- each of its steps; null for none. It has no SET options: it runs under those of its callers.
-- called by: start_dynamic; take_over_steps.
-- p_enqueued: tasks of steps that are enqueued. p_active: of those that wait for items or child tasks. p_waiting: of
--   those that wait for a time or a signal. p_failed: of those that failed. p_others: tasks of which none may be left.
-- locks: the tasks, whose rows are new; see end_tasks.
-- moves: task pending -> running | waiting if none of its steps is enqueued, complete | failed if none can run.
create or replace function tasker.count_started(
    p_enqueued uuid[], p_active uuid[], p_waiting uuid[], p_failed uuid[], p_others uuid[]) returns void
language plpgsql
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_ended record; -- tasks without a step that can run
begin
    with counted as (
        select x.task_id, sum(x.enqueued)::int as enqueued, sum(x.active)::int as active,
               sum(x.waiting)::int as waiting, sum(x.failed)::int as failed
        from (select u, 1, 0, 0, 0 from unnest(p_enqueued) u
              union all select u, 0, 1, 0, 0 from unnest(p_active) u
              union all select u, 0, 0, 1, 0 from unnest(p_waiting) u
              union all select u, 0, 0, 0, 1 from unnest(p_failed) u
              union all select u, 0, 0, 0, 0 from unnest(p_others) u
             ) x(task_id, enqueued, active, waiting, failed)
        group by x.task_id
    ), moved as (
        update tasker.tasks t
        set steps_active = c.enqueued + c.active, steps_waiting = c.waiting, steps_failed = c.failed,
            state = case when c.active > 0 or c.enqueued = 0
                         then tasker.task_state_of(c.active, c.waiting, c.failed)
                         else 'pending' end,
            finished_at = case when c.enqueued + c.active + c.waiting = 0 then v_now end
        from counted c where t.task_id = any (array[c.task_id])
        returning t.task_id, t.state, t.parent_task is not null as is_child, t.has_hooks
    )
    select array_agg(m.task_id) filter (where m.state = 'complete') as complete,
           array_agg(m.task_id) filter (where m.state = 'failed') as failed,
           bool_or(m.is_child) as some_children, bool_or(m.has_hooks) as some_hooks
    into v_ended from moved m;
    perform tasker.end_tasks(v_ended.complete, 'complete', v_ended.some_children, v_ended.some_hooks),
            tasker.end_tasks(v_ended.failed, 'failed', v_ended.some_children, v_ended.some_hooks);
end;
$$;
