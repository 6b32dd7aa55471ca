-- Ends the tasks whose time limit has passed. If their rows stay locked, the timers become due again in a second, so
-- that other timers are executed meanwhile.
-- called by: fire_timers, in a transaction that holds no other locks.
-- returns: how many tasks ended.
-- locks, moves: see cancel_tasks.
create or replace function tasker.end_overdue(p_task_ids uuid[]) returns int
language plpgsql
set search_path = ''
as $$
begin
    return (select count(*)::int
            from tasker.cancel_tasks(p_task_ids, p_overdue => true) c where c.cancelled);
exception when lock_not_available then
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select tasker.clock() + interval '1 second', u.task_id, -1, 'task_deadline' from unnest(p_task_ids) u(task_id);
    return 0;
end;
$$;
