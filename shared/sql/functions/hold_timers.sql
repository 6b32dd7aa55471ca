-- Holds the timers of paused tasks that are due, until the pause ends. It does not hold those of ended child tasks: claims
-- pass over what these enqueue. Its other settings are those of its caller.
-- called by: fire_timers, if something is paused. It holds pauses_lock.
-- p_after, p_until: times between which timers are due. p_limit: how many it looks at in one go.
-- returns: a time until which no timer of a paused task is due, but those that other sessions have locked.
-- locks: the timers (skip locked).
-- cost: that of pauses_of for the tasks of these timers.
create or replace function tasker.hold_timers(p_after timestamptz, p_until timestamptz, p_limit int)
returns timestamptz
language plpgsql
set jit = off -- a scan of tasker.pauses has the cost of a disabled one
as $$
declare
    v_tasks  uuid[];
    v_until  timestamptz;
    v_paused uuid[];
    v_held   int;
begin
    loop
        select array_agg(distinct d.task_id), max(d.due_at) into v_tasks, v_until
        from (select d.task_id, d.due_at from tasker.timers d
              where d.due_at > p_after and d.due_at <= p_until and d.kind not in ('child', 'child_failed')
              order by d.due_at fetch first p_limit rows with ties) d;
        v_paused := array(select p.task_id from tasker.pauses_of(v_tasks) p);
        exit when v_paused = '{}';
        with due as materialized (
            select d.due_at, d.task_id, d.step_no, d.kind
            from tasker.timers d
            where d.due_at > p_after and d.due_at <= v_until and d.kind not in ('child', 'child_failed')
                  and d.task_id = any (v_paused)
            order by d.due_at, d.task_id, d.step_no, d.kind
            for update skip locked
        )
        update tasker.timers d set due_at = tasker.held_until(due.due_at)
        from due
        where d.due_at = any (array[due.due_at]) and d.task_id = any (array[due.task_id]) and d.step_no = due.step_no
              and d.kind = due.kind;
        get diagnostics v_held = row_count;
        exit when v_held = 0;
    end loop;
    return coalesce(v_until, p_until);
end;
$$;
