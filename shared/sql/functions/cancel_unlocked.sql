-- cancel_tasks for the timers: if rows of some tasks stay locked, it cancels the others, so that other timers are
-- executed meanwhile.
-- called by: end_overdue, cancel_siblings, in transactions that hold no other locks.
-- returns: how many tasks it cancelled; those of which rows are locked, and those that it did not try after ten of
--   these.
-- locks, moves: see cancel_tasks. Where it cancels the tasks one by one, it holds the locks of one while it waits, at
--   most 100 ms, for those of the next.
create or replace function tasker.cancel_unlocked(
    p_task_ids uuid[], p_compensate boolean, p_overdue boolean, out cancelled int, out locked uuid[], out untried uuid[])
language plpgsql
set search_path = ''
as $$
declare
    c_most_locked constant int := 10;
    v_task uuid;
begin
    locked := '{}'::uuid[];
    untried := '{}'::uuid[];
    begin
        cancelled := (select count(*)::int
                      from tasker.cancel_tasks(p_task_ids, p_compensate, p_overdue, 5) c where c.cancelled);
        return;
    exception when lock_not_available then
        cancelled := 0;
    end;
    foreach v_task in array p_task_ids loop
        if cardinality(locked) = c_most_locked then
            untried := untried || v_task;
            continue;
        end if;
        begin
            cancelled := cancelled + (
                select count(*)::int
                from tasker.cancel_tasks(array[v_task], p_compensate, p_overdue, 1) c where c.cancelled);
        exception when lock_not_available then
            locked := locked || v_task;
        end;
    end loop;
end;
$$;
