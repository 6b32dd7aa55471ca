-- Retries failed tasks, or deletes them. A task that refuses this, or of which a row is locked, does not stop the
-- others. It ends early after half a second, so that no task is locked for long: call it again with the rest.
-- p_action: requeue or discard. p_reason, p_by: of the retries, see retry_task. p_dry_run: it only checks.
-- called by: the orchestrator (POST /v1/dead-letters/requeue and /discard); users.
-- returns: a row for each task that it looked at, in the order given; problem: why it did nothing, else null.
-- locks, moves: see retry_task, erase_task. It keeps the locks of a task while it waits for those of the next; each wait
--   is bounded.
-- raises: TK001 bad arguments.
create or replace function tasker.requeue_or_discard(
    p_action text, p_task_ids uuid[], p_reason text default null, p_by text default null,
    p_dry_run boolean default false)
returns table (task_id uuid, problem text)
language plpgsql
set search_path = ''
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    c_most_tasks constant int := 50; -- in one transaction
    c_longest    constant interval := interval '500 ms';
    v_began      timestamptz := clock_timestamp();
begin
    if p_action in ('requeue', 'discard') is not true then
        raise exception 'action: must be requeue or discard, not %', coalesce(p_action, 'null') using errcode = 'TK001';
    end if;
    foreach task_id in array p_task_ids[1:c_most_tasks] loop
        problem := null;
        begin
            if p_action = 'requeue' then
                if not tasker.retry_task(task_id, p_reason, p_by, p_dry_run) then
                    problem := 'an earlier retry has restarted the task';
                end if;
            else
                perform tasker.erase_task(task_id, 'failed', p_dry_run);
            end if;
        exception
            when sqlstate 'TK002' or sqlstate 'TK008' then
                problem := sqlerrm;
            when lock_not_available then
                problem := 'the task is in use: try again';
        end;
        return next;
        exit when clock_timestamp() > v_began + c_longest;
    end loop;
end;
$$;
