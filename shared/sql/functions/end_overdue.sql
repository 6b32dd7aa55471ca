-- Ends the tasks whose time limit has passed. The timers of those of which rows are locked become due again in a
-- second.
-- called by: fire_timers, in a transaction that holds no other locks.
-- returns: how many tasks ended.
-- locks, moves: see cancel_unlocked.
create or replace function tasker.end_overdue(p_task_ids uuid[]) returns int
language plpgsql
set search_path = ''
as $$
declare
    v_ended record := tasker.cancel_unlocked(p_task_ids, false, true);
begin
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select tasker.clock() + u.wait, u.task_id, -1, 'task_deadline'
    from (select l, interval '1 second' from unnest(v_ended.locked) l
          union all select l, interval '0' from unnest(v_ended.untried) l) u(task_id, wait);
    return v_ended.cancelled;
end;
$$;
