-- Cancels tasks and their open child tasks: nothing more of them will run; a result that comes later is refused. Their
-- timers are deleted, and their messages are dropped when they next turn up.
-- p_compensate: their complete steps are undone. p_overdue: the time limit of p_task_ids has passed, so these fail, and
--   all are undone; tasks that have failed before are not changed.
-- called by: the orchestrator (POST /v1/tasks/{id}/cancel); cancel_children, cancel_unlocked.
-- returns: for each task that exists its state afterwards, and whether this call cancelled it; a task that is complete,
--   was cancelled before or compensates is not changed. left_undone: it was cancelled before without p_compensate, so
--   its steps are not undone, although this call asks for it.
-- p_most_tries: how often it tries to get the locks.
-- locks: steps (task_id, step_no), then tasks (task_id), for each level of child tasks. A later round may lock steps
--   below those that it holds, so each wait is bounded: after it, the function releases its locks and starts again.
-- raises: lock_not_available after p_most_tries attempts.
-- moves: step enqueued (with or without a row) | in_progress | waiting_for_retry | waiting | pending -> cancelled; task
--   pending | running | waiting | failed -> cancelled; pending | running | waiting -> failed.
create or replace function tasker.cancel_tasks(
    p_task_ids uuid[], p_compensate boolean default false, p_overdue boolean default false,
    p_most_tries int default 20)
returns table (task_id uuid, cancelled boolean, state tasker.task_state, left_undone boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
#variable_conflict use_column
declare
    v_try       int := 1;
    v_now       timestamptz := tasker.clock();
    v_open      uuid[]; -- tasks of one level: first p_task_ids, then their children
    v_level     uuid[]; -- those of them that were cancelled
    v_cancelled uuid[];
    v_overdue   boolean; -- the tasks of this level fail
    v_ended     record;
begin
    loop
        begin
            v_cancelled := '{}'::uuid[];
            v_open := array(select t.task_id from tasker.tasks t
                            where t.task_id = any (p_task_ids)
                              and (not tasker.has_ended(t.state) or t.state = 'failed' and not p_overdue)
                              and t.compensation is distinct from 'running');
            v_overdue := p_overdue;
            while v_open <> '{}' loop
                v_level := tasker.cancel_level(v_open, v_now, v_overdue);
                v_cancelled := v_cancelled || v_level;
                v_overdue := false; -- their child tasks are cancelled
                v_open := array(
                    select distinct c.child_id from unnest(v_level) o(task_id)
                    -- `offset 0`: decision 0113.
                    cross join lateral (
                        select c.child_id from tasker.child_tasks c where c.task_id = o.task_id offset 0) c
                    cross join lateral (
                        select from tasker.tasks t
                        where t.task_id = c.child_id and not tasker.has_ended(t.state) offset 0) t);
            end loop;
            perform tasker.forget_waits(array_agg(w.task_id), array_agg(w.step_no))
            from unnest(v_cancelled) c(task_id)
            -- `offset 0`: decision 0113.
            cross join lateral (
                select c.task_id, w.step_no from tasker.signal_waits w where w.task_id = c.task_id
                union select c.task_id, t.step_no from tasker.timers t where t.task_id = c.task_id
                offset 0) w;
            exit;
        exception when lock_not_available then
            if v_try = p_most_tries then
                raise;
            end if;
            v_try := v_try + 1;
        end;
    end loop;
    delete from tasker.unsuccessful_tasks u where u.state = 'failed' and u.task_id = any (v_cancelled);
    -- First the child tasks, which are undone before their parents.
    for v_ended in
        select t.state, array_agg(t.task_id) as tasks from tasker.tasks t where t.task_id = any (v_cancelled)
        group by t.state, t.depth order by coalesce(t.depth, 0) desc
    loop
        perform tasker.end_tasks(v_ended.tasks, v_ended.state, true, case when p_overdue then true end, p_compensate or p_overdue, true);
    end loop;
    return query
        select t.task_id, t.task_id = any (v_cancelled), t.state,
               case when p_compensate and t.task_id <> all (v_cancelled) then tasker.is_left_undone(t.task_id)
                    else false end
        from tasker.tasks t where t.task_id = any (p_task_ids);
end;
$$;
