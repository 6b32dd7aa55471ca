-- Begins the waits of steps that just became `waiting`: of those that are no handlers.
-- called by: advance_dynamic, start_dynamic, which hold the tasks' locks. It has no SET options: it runs under those of
--   its callers.
-- returns: the steps whose wait ended immediately (ended_…) and the tasks of those of them that failed without
--   allow_failure; the tasks of the other steps, by what they wait for: a time or a signal (waiting_tasks), items or
--   child tasks (active_tasks). Null where there are none.
-- moves: step waiting -> complete | skipped | failed.
create or replace function tasker.begin_waits(
    p_task_ids uuid[], p_step_nos int[], p_kinds tasker.step_kind[],
    out ended_tasks uuid[], out ended_steps int[], out failed_tasks uuid[], out waiting_tasks uuid[],
    out active_tasks uuid[])
language plpgsql
as $$
begin
    if p_task_ids is null then
        return;
    end if;
    if 'sleep' = any (p_kinds) then
        perform tasker.begin_sleeps(array_agg(w.task_id), array_agg(w.step_no))
        from unnest(p_task_ids, p_step_nos, p_kinds) w(task_id, step_no, kind) where w.kind = 'sleep';
    end if;
    if 'map' = any (p_kinds) then
        perform tasker.begin_maps(array_agg(w.task_id), array_agg(w.step_no))
        from unnest(p_task_ids, p_step_nos, p_kinds) w(task_id, step_no, kind) where w.kind = 'map';
    end if;
    if 'workflow' = any (p_kinds) then
        perform tasker.begin_children(array_agg(w.task_id), array_agg(w.step_no))
        from unnest(p_task_ids, p_step_nos, p_kinds) w(task_id, step_no, kind) where w.kind = 'workflow';
    end if;
    if 'signal' = any (p_kinds) then
        perform tasker.begin_signals(array_agg(w.task_id), array_agg(w.step_no))
        from unnest(p_task_ids, p_step_nos, p_kinds) w(task_id, step_no, kind) where w.kind = 'signal';
    end if;
    select array_agg(w.task_id) filter (where s.state <> 'waiting'),
           array_agg(w.step_no) filter (where s.state <> 'waiting'),
           array_agg(w.task_id) filter (where s.state = 'failed' and not d.allow_failure),
           array_agg(w.task_id) filter (where s.state = 'waiting' and w.kind in ('sleep', 'signal')),
           array_agg(w.task_id) filter (where s.state = 'waiting' and w.kind not in ('sleep', 'signal'))
    into ended_tasks, ended_steps, failed_tasks, waiting_tasks, active_tasks
    from unnest(p_task_ids, p_step_nos, p_kinds) w(task_id, step_no, kind)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select * from tasker.steps s where s.task_id = w.task_id and s.step_no = w.step_no offset 0) s
    cross join lateral (
        select d.allow_failure from tasker.template_steps d
        where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d;
end;
$$;
