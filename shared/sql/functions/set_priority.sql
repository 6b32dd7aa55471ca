-- Changes the priority of a task that has not ended. Its enqueued steps, and those that wait for a retry, move behind
-- those of the new priority; steps in progress end first, and are retried in the queue from which they were claimed.
-- Steps with a `priority` keep it. Open child tasks change with it, but for those that have another priority. Call it
-- last in a transaction: it locks the tasks until the commit.
-- p_priority: 1 low to 4 urgent. p_by: who changes it. p_reason: why.
-- called by: the orchestrator (POST /v1/tasks/{id}/priority); users.
-- returns: whether this call changed it; false: the task has this priority.
-- locks, moves: see move_task. Since later locks may be below earlier ones, each wait is bounded: after it, the
--   function releases its locks and starts again.
-- raises: TK001 bad arguments; TK002 no such task; TK008 it has ended, or is a child task; lock_not_available after 20
--   attempts.
create or replace function tasker.set_priority(
    p_task_id uuid, p_priority int, p_reason text default null, p_by text default null, out changed boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set jit = off -- a scan of a queue has the cost of a disabled one
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    c_most_tries constant int := 20;
    v_try  int := 1;
    v_task tasker.tasks;
begin
    perform tasker.check_reason(p_by, p_reason);
    if p_priority is null or p_priority not between 1 and 4 then
        raise exception 'priority must be 1 (low), 2 (normal), 3 (high) or 4 (urgent), not %', p_priority
            using errcode = 'TK001';
    end if;
    perform tasker.check_top(p_task_id, 'change the priority of');
    loop
        select * into v_task from tasker.tasks t where t.task_id = p_task_id;
        if v_task.finished_at is not null then
            raise exception 'the task is %: only the priority of a task that has not ended can be changed', v_task.state
                using errcode = 'TK008';
        end if;
        changed := v_task.priority <> p_priority;
        exit when not changed;
        begin
            perform tasker.move_task(p_task_id, v_task.priority, p_priority::int2);
            exit;
        exception when lock_not_available or sqlstate 'TK009' then
            if v_try = c_most_tries then
                raise exception 'the task is in use: try again' using errcode = 'lock_not_available';
            end if;
            v_try := v_try + 1;
        end;
    end loop;
    if changed then
        insert into tasker.task_events (task_id, kind, at, by, reason, detail)
        values (p_task_id, 'priority', tasker.clock(), p_by, p_reason,
                jsonb_build_object('from', v_task.priority, 'to', p_priority));
    end if;
end;
$$;
