-- Executes the timers that are due, except those of paused tasks: enqueues steps whose retry or repetition is due, ends
-- sleeps, waits for signals whose deadline is over, and tasks whose time limit has passed, and moves steps
-- whose child tasks ended. A call takes timers of one group; for time limits also because cancel_tasks must hold no
-- other locks.
-- called by: every orchestrator's timer (skip locked: any number may run concurrently).
-- returns: how many steps moved; the milliseconds until the next timer is due, null if there is none.
-- locks: pauses_lock, shared, if something is paused; timers (skip locked), steps (task_id, step_no), tasks (task_id),
--   then queues.
-- moves: step waiting_for_retry | waiting -> enqueued; others as end_waits; task waiting -> running.
-- cost: reads the head of the timers' primary key.
create or replace function tasker.fire_timers(p_limit int, out fired int, out next_due_ms bigint)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now      timestamptz;
    -- A due time is later than its failure; the minute allows for failures that commit late.
    v_floor    timestamptz := 'epoch'::timestamptz + interval '1 microsecond' * tasker.raise_floor(
        'timers', 'tasker.timers',
        $lowest$select least((select extract(epoch from d.due_at) * 1000000
                              from tasker.timers d
                              where d.due_at > 'epoch'::timestamptz + interval '1 microsecond' * (select $1)
                              order by d.due_at limit 1),
                             extract(epoch from tasker.clock() - interval '1 minute') * 1000000)::bigint$lowest$);
    v_group    text; -- this call takes only timers of this group
    v_due      record;
begin
    if exists (select from tasker.pauses) then
        perform pg_advisory_xact_lock_shared(tasker.pauses_lock());
        v_now := tasker.hold_timers(v_floor, tasker.clock(), p_limit);
    else
        v_now := tasker.clock();
    end if;
    -- Each locks steps, then tasks: one transaction must not do it twice.
    select tasker.timer_group(d.kind) into v_group
    from tasker.timers d where d.due_at > v_floor and d.due_at <= v_now order by d.due_at limit 1;
    with due as materialized (
        select d.due_at, d.task_id, d.step_no, d.kind
        from tasker.timers d
        where d.due_at > v_floor and d.due_at <= v_now and tasker.timer_group(d.kind) = v_group
        order by d.due_at
        limit p_limit
        for update skip locked
    ), gone as (
        delete from tasker.timers d using due
        where d.due_at = any (array[due.due_at]) and d.task_id = any (array[due.task_id]) and d.step_no = due.step_no
              and d.kind = due.kind
        returning d.task_id, d.step_no, d.kind, d.queue, d.msg_id
    )
    select array_agg(g.task_id) as tasks, array_agg(g.step_no) as steps, array_agg(g.kind) as kinds,
           array_agg(g.queue) as queues, array_agg(g.msg_id) as msg_ids,
           bool_or(g.kind not in ('retry', 'repeat', 'paused')) as ends_waits,
           array_agg(g.task_id) filter (where g.kind = 'sleep') as sleep_tasks,
           array_agg(g.step_no) filter (where g.kind = 'sleep') as sleep_steps,
           array_agg(g.task_id) filter (where g.kind = 'deadline') as late_tasks,
           array_agg(g.step_no) filter (where g.kind = 'deadline') as late_steps
    into v_due from gone g;
    if v_group = 'child' then
        fired := tasker.fire_children(v_due.tasks, v_due.steps, v_due.kinds);
    elsif v_group = 'task' then
        fired := tasker.end_overdue(v_due.tasks);
    else
        if v_due.ends_waits then
            -- Several statements move them, so the steps are locked in order first, then the tasks.
            perform from (select * from unnest(v_due.tasks, v_due.steps) u(task_id, step_no)
                          order by u.task_id, u.step_no offset 0) i
            join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
            for update of s;
            perform from tasker.tasks t where t.task_id = any (v_due.tasks) order by t.task_id for update;
        end if;
        fired := tasker.return_steps(v_due.tasks, v_due.steps, v_due.kinds, v_due.queues, v_due.msg_ids);
        if v_due.sleep_tasks is not null then
            fired := fired + tasker.end_waits(
                v_due.sleep_tasks, v_due.sleep_steps,
                array_fill('complete'::tasker.step_state, array[cardinality(v_due.sleep_tasks)]),
                array_fill('null'::text, array[cardinality(v_due.sleep_tasks)]));
        end if;
        if v_due.late_tasks is not null then
            fired := fired + tasker.fire_deadlines(v_due.late_tasks, v_due.late_steps);
        end if;
    end if;

    select greatest(0, ceil(extract(epoch from d.due_at - tasker.clock()) * 1000))::bigint
    into next_due_ms
    from tasker.timers d where d.due_at > v_floor and not tasker.is_held(d.due_at) order by d.due_at limit 1;
end;
$$;
