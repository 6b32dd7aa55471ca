-- Ends the tasks whose time limit has passed. If rows of some stay locked, it ends the others, and the timers of these
-- become due again in a second, so that other timers are executed meanwhile.
-- called by: fire_timers, in a transaction that holds no other locks.
-- returns: how many tasks ended.
-- locks, moves: see cancel_tasks. Where it ends the tasks one by one, it holds the locks of one while it waits, at most
--   100 ms, for those of the next.
create or replace function tasker.end_overdue(p_task_ids uuid[]) returns int
language plpgsql
set search_path = ''
as $$
declare
    c_most_locked constant int := 10; -- after these the others wait for the next call
    v_task   uuid;
    v_ended  int := 0;
    v_locked uuid[] := '{}'::uuid[];
    v_left   uuid[] := '{}'::uuid[];
begin
    begin
        return (select count(*)::int
                from tasker.cancel_tasks(p_task_ids, p_overdue => true, p_most_tries => 5) c where c.cancelled);
    exception when lock_not_available then
        null;
    end;
    foreach v_task in array p_task_ids loop
        if cardinality(v_locked) = c_most_locked then
            v_left := v_left || v_task;
            continue;
        end if;
        begin
            v_ended := v_ended + (
                select count(*)::int
                from tasker.cancel_tasks(array[v_task], p_overdue => true, p_most_tries => 1) c where c.cancelled);
        exception when lock_not_available then
            v_locked := v_locked || v_task;
        end;
    end loop;
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select tasker.clock() + u.wait, u.task_id, -1, 'task_deadline'
    from (select l, interval '1 second' from unnest(v_locked) l
          union all select l, interval '0' from unnest(v_left) l) u(task_id, wait);
    return v_ended;
end;
$$;
