-- Counts the steps of each task that became active or ended, and moves the tasks accordingly. Each
-- array contains a task once for each of its steps. It has no SET options: it runs under those of its
-- caller.
-- called by: finish_steps, end_waits, skip_steps, reset_tasks.
-- p_done, p_failed, p_retried: tasks of steps that succeeded, failed permanently, wait for a retry.
-- p_ready: tasks of steps that became ready. p_refused: of steps that failed and were not counted as active.
-- p_waiting, p_waited: of steps that began to wait for a time or a signal, and of those that no longer do.
-- Once a task compensates, its state stays; its compensation ends when its last undo step has ended. If the run of a
-- task has ended, a step that now waits for its retry or repetition is skipped, unless it is an undo step.
-- locks: tasks (task_id); see end_tasks.
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
    v_hooks    boolean; -- some of them have hooks
    v_undone   uuid[]; -- tasks whose compensation ended
    v_late     uuid[]; -- tasks whose run has ended, of steps that now wait
    v_hold     boolean; -- child tasks of some of them may have been cancelled
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
            steps_failed = t.steps_failed + case when t.compensation is null then d.failed else 0 end,
            state = case when t.compensation is null
                         then tasker.task_state_of(t.steps_active + d.active, t.steps_waiting + d.waiting,
                                                   t.steps_failed + d.failed)
                         else t.state end,
            compensation = case when t.compensation = 'running' and t.steps_active + d.active = 0
                                     and t.steps_waiting + d.waiting = 0
                                then tasker.compensation_end(t.task_id, t.template_id)
                                else t.compensation end,
            started_at = case when d.waiting > 0
                              then (select v.started_at from tasker.task_rows(array[t.task_id]) v)
                              else t.started_at end,
            finished_at = case when t.steps_active + d.active = 0 and t.steps_waiting + d.waiting = 0
                               then tasker.clock() end
        from delta d
        where t.task_id = any (array[d.task_id]) and tasker.has_work(t.state, t.compensation)
        returning t.task_id, t.state, t.compensation, t.parent_task is not null as is_child, t.has_hooks,
                  t.ended_by is not null and t.compensation is null as has_ended, t.is_dynamic, t.steps_waiting
    )
    select array_agg(m.task_id) filter (where m.state = 'complete'),
           array_agg(m.task_id) filter (where m.state = 'failed' and m.compensation is null),
           array_agg(m.task_id) filter (where m.compensation <> 'running'),
           bool_or(m.is_child), bool_or(m.has_hooks), bool_or(m.has_ended or m.is_dynamic is true),
           array_agg(m.task_id) filter (where m.has_ended and m.steps_waiting > 0)
    into v_complete, v_failed, v_undone, v_children, v_hooks, v_hold, v_late
    from moved m where m.state in ('failed', 'complete', 'cancelled') or m.has_ended;
    perform tasker.end_tasks(v_complete, 'complete', v_children, v_hooks);
    perform tasker.end_tasks(v_failed, 'failed', v_children, v_hooks, true, v_hold);
    if v_late is not null then
        perform tasker.skip_steps(v_late);
    end if;
    if v_undone is not null then
        if v_children then
            perform tasker.note_child_ends(v_undone, 'failed'); -- or cancelled
        end if;
        if v_hooks then
            perform tasker.run_hooks(v_undone);
        end if;
        perform tasker.note_tasks('tasker.finished', 100, v_undone);
    end if;
end;
$$;
