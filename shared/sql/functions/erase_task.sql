-- Deletes a finished task with its child tasks and all their rows, by the rules of prune_tasks. Its idempotency key can
-- be used again.
-- p_state: null for any final state. p_dry_run: it only checks and counts.
-- called by: the orchestrator (DELETE /v1/tasks/{id}); requeue_or_discard; users.
-- returns: how many tasks it deleted, child tasks included.
-- locks: the task, then all its rows, see prune_tasks. Each wait is bounded.
-- raises: TK002 no such task; TK008 it is in another state, is a child task, has an open descendant, or is in use.
create or replace function tasker.erase_task(
    p_task_id uuid, p_state tasker.task_state default null, p_dry_run boolean default false)
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '100ms' -- below every deadlock_timeout that is in use
as $$
declare
    v_task   tasker.tasks;
    v_erased int;
begin
    if not p_dry_run then
        perform from tasker.tasks t where t.task_id = p_task_id for update;
    end if;
    perform tasker.check_top(p_task_id, 'erase');
    select * into v_task from tasker.tasks t where t.task_id = p_task_id;
    if not tasker.has_ended(v_task.state) then
        raise exception 'the task is %: only a finished task can be erased',
            case v_task.state when 'pending' then tasker.pending_state(p_task_id) else v_task.state end
            using errcode = 'TK008';
    elsif v_task.finished_at is null then
        raise exception 'the task cannot be erased: its steps are being undone' using errcode = 'TK008';
    elsif v_task.state <> p_state then
        raise exception 'the task is %, not %', v_task.state, p_state using errcode = 'TK008';
    end if;
    v_erased := (tasker.prune_families(array[p_task_id], 2147483647, p_dry_run)).pruned;
    if v_erased = 0 then
        raise exception 'the task cannot be erased: one of its child tasks is open' using errcode = 'TK008';
    end if;
    return v_erased;
exception when lock_not_available then
    raise exception 'the task is in use: try again' using errcode = 'TK008';
end;
$$;
