-- Counts the steps of each task that became active or ended, and moves the tasks accordingly. Each
-- array contains a task once for each of its steps. It has no SET options: it runs under those of its
-- caller.
-- called by: finish_steps, end_waits.
-- p_done, p_failed, p_retried: tasks of steps that succeeded, failed permanently, wait for a retry.
-- p_ready: tasks of steps that became ready. p_refused: of steps that failed and were not counted as active.
-- p_waiting, p_waited: of steps that began to wait for a time or a signal, and of those that no longer do.
-- locks: tasks (task_id).
-- moves: task -> running | waiting | failed | complete.
-- cost: a task's row is written only when a count changes.
create or replace function tasker.update_tasks(
    p_done uuid[], p_failed uuid[], p_retried uuid[], p_ready uuid[], p_refused uuid[],
    p_waiting uuid[], p_waited uuid[])
returns void
language plpgsql
as $$
declare
    v_complete uuid[];
    v_failed   uuid[];
    v_children boolean; -- some of them are child tasks
begin
    with delta as (
        select x.task_id, sum(x.active)::int as active, sum(x.waiting)::int as waiting,
               sum(x.failed)::int as failed
        from (select u, -1, 0, 0 from unnest(p_done) u
              union all select u, -1, 0, 1 from unnest(p_failed) u
              union all select u, -1, 1, 0 from unnest(p_retried) u
              union all select u, 1, 0, 0 from unnest(p_ready) u
              union all select u, 0, 0, 1 from unnest(p_refused) u
              union all select u, 0, 1, 0 from unnest(p_waiting) u
              union all select u, 0, -1, 0 from unnest(p_waited) u) x(task_id, active, waiting, failed)
        group by x.task_id
        having sum(x.active) <> 0 or sum(x.waiting) <> 0 or sum(x.failed) <> 0
        order by x.task_id
    ), moved as (
        update tasker.tasks t
        set steps_active = t.steps_active + d.active, steps_waiting = t.steps_waiting + d.waiting,
            steps_failed = t.steps_failed + d.failed,
            state = tasker.task_state_of(t.steps_active + d.active, t.steps_waiting + d.waiting,
                                         t.steps_failed + d.failed),
            started_at = case when d.waiting > 0
                              then (select v.started_at from tasker.task_rows(array[t.task_id]) v)
                              else t.started_at end,
            finished_at = case when t.steps_active + d.active = 0 and t.steps_waiting + d.waiting = 0
                               then tasker.clock() end
        from delta d
        where t.task_id = any (array[d.task_id]) and not tasker.has_ended(t.state)
        returning t.task_id, t.state, t.parent_task is not null as is_child
    )
    select array_agg(m.task_id) filter (where m.state = 'complete'),
           array_agg(m.task_id) filter (where m.state = 'failed'), bool_or(m.is_child)
    into v_complete, v_failed, v_children
    from moved m where m.state in ('failed', 'complete');
    perform tasker.end_tasks(v_complete, 'complete', v_children);
    perform tasker.end_tasks(v_failed, 'failed', v_children);
end;
$$;
