-- Moves steps that wait for child tasks: ends those whose children have all ended, and those with a child that failed;
-- starts the next attempt of those whose retry or repetition is due, or fails them if the budget is exhausted. Starts
-- the compensation of tasks that waited for their children.
-- called by: fire_timers. It has no SET options: it runs under those of its callers.
-- p_kinds: `child`: a child is complete; `child_failed`: one failed or was cancelled; `again`: the retry or the
--   repetition is due.
-- returns: how many steps moved.
-- locks: open children of steps with a failed child (see cancel_tasks), the steps (task_id, step_no), then as
--   end_waits and resume_compensation.
-- moves: step waiting -> enqueued | complete | failed; others as end_waits.
create or replace function tasker.fire_children(
    p_task_ids uuid[], p_step_nos int[], p_kinds tasker.timer_kind[]) returns int
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_moves   record;
    v_refused record; -- steps whose next child cannot be created
    v_items   record; -- items of maps that wait for their retry, or for their next child
begin
    if 'child_failed' = any (p_kinds) then
        perform tasker.cancel_siblings(p_task_ids, p_step_nos);
    end if;
    perform from (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
                  order by u.task_id, u.step_no offset 0) i
    join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
    for update of s;
    select array_agg(j.task_id) filter (where j.action in ('complete', 'fail', 'refuse')) as ended_tasks,
           array_agg(j.step_no) filter (where j.action in ('complete', 'fail', 'refuse')) as ended_steps,
           array_agg((case j.action when 'complete' then 'complete' else 'failed' end)::tasker.step_state)
               filter (where j.action in ('complete', 'fail', 'refuse')) as states,
           array_agg(j.payload) filter (where j.action in ('complete', 'fail', 'refuse')) as payloads,
           array_agg(j.task_id) filter (where j.action in ('retry', 'fail')) as failed_tasks,
           array_agg(j.step_no) filter (where j.action in ('retry', 'fail')) as failed_steps,
           array_agg(j.payload) filter (where j.action in ('retry', 'fail')) as errors,
           array_agg(j.wait_ms) filter (where j.action in ('retry', 'fail')) as waits,
           array_agg(j.task_id) filter (where j.action = 'repeat') as repeat_tasks,
           array_agg(j.step_no) filter (where j.action = 'repeat') as repeat_steps,
           array_agg(j.payload) filter (where j.action = 'repeat') as repeat_results,
           array_agg(j.wait_ms) filter (where j.action = 'repeat') as repeat_waits,
           array_agg(j.task_id) filter (where j.action = 'again' and j.kind = 'workflow') as parent_tasks,
           array_agg(j.step_no) filter (where j.action = 'again' and j.kind = 'workflow') as parent_steps,
           array_agg(j.task_id) filter (where j.action = 'again' and j.kind <> 'workflow') as handler_tasks,
           array_agg(j.step_no) filter (where j.action = 'again' and j.kind <> 'workflow') as handler_steps,
           array_agg(j.task_id) filter (where j.action in ('retry', 'again')
                                              and tasker.item_index(j.step_no) is not null) as item_tasks,
           array_agg(j.step_no) filter (where j.action in ('retry', 'again')
                                              and tasker.item_index(j.step_no) is not null) as item_steps,
           count(*)::int as moved
    into v_moves from tasker.judge_children(p_task_ids, p_step_nos, p_kinds) j;
    if v_moves.failed_tasks is not null then
        update tasker.steps s set failures = s.failures + 1, error = f.error::json
        from (select * from unnest(v_moves.failed_tasks, v_moves.failed_steps, v_moves.errors)
                  u(task_id, step_no, error) order by u.task_id, u.step_no) f
        where s.task_id = any (array[f.task_id]) and s.step_no = f.step_no;
        insert into tasker.attempts (task_id, step_no, ended_at, attempt, delivery, started_at, outcome, error)
        select s.task_id, s.step_no, v_now, s.failures, s.delivery, s.started_at, 'failed', s.error
        from (select * from unnest(v_moves.failed_tasks, v_moves.failed_steps, v_moves.waits)
                  u(task_id, step_no, wait_ms)
              where u.wait_ms is not null and tasker.item_index(u.step_no) is null offset 0) f
        cross join lateral (
            select * from tasker.steps s where s.task_id = f.task_id and s.step_no = f.step_no offset 0) s
        on conflict do nothing;
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select v_now + f.wait_ms * interval '1 millisecond', f.task_id, f.step_no, 'again'
        from unnest(v_moves.failed_tasks, v_moves.failed_steps, v_moves.waits) f(task_id, step_no, wait_ms)
        where f.wait_ms is not null;
    end if;
    if v_moves.handler_tasks is not null then
        update tasker.steps s set state = 'enqueued', enqueued_at = v_now, worker_id = null, started_at = null
        from (select * from unnest(v_moves.handler_tasks, v_moves.handler_steps) u(task_id, step_no)
              order by u.task_id, u.step_no) h
        where s.task_id = any (array[h.task_id]) and s.step_no = h.step_no;
        perform tasker.enqueue_by_queue(
            tasker.queues_of(v_moves.handler_tasks, v_moves.handler_steps), v_moves.handler_tasks,
            v_moves.handler_steps);
    end if;
    perform tasker.repeat_children(
        v_moves.repeat_tasks, v_moves.repeat_steps, v_moves.repeat_results, v_moves.repeat_waits);
    v_refused := tasker.start_children(v_moves.parent_tasks, v_moves.parent_steps);
    select array_agg(i.task_id) as tasks, array_agg(i.step_no) as steps, count(*)::int as number into v_items
    from unnest(v_moves.item_tasks, v_moves.item_steps) i(task_id, step_no)
    where (i.task_id, i.step_no) not in (select * from unnest(v_refused.task_ids, v_refused.step_nos));
    perform tasker.end_waits(
        v_moves.ended_tasks || v_refused.task_ids || v_items.tasks,
        v_moves.ended_steps || v_refused.step_nos || v_items.steps,
        v_moves.states || array_fill('failed'::tasker.step_state, array[coalesce(cardinality(v_refused.task_ids), 0)])
            || array_fill('waiting'::tasker.step_state, array[v_items.number]),
        v_moves.payloads || v_refused.errors || array_fill(null::text, array[v_items.number]));
    if 'child_failed' = any (p_kinds) then
        perform tasker.resume_compensation(p_task_ids);
    end if;
    return v_moves.moved;
end;
$$;
