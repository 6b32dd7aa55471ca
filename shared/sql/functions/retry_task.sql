-- Retries a failed task: its failed steps run again, and the steps that depend on them are judged again. Other complete
-- steps keep their results. Call it last in a transaction: it locks the task until the commit.
-- p_by: who retries it. p_reason: why. p_dry_run: it only checks.
-- called by: the orchestrator (POST /v1/tasks/{id}/retry); requeue_or_discard; users.
-- returns: whether this call retried it, or would; false: an earlier call has restarted it already.
-- locks, moves: see reset_tasks.
-- raises: TK001 bad arguments; TK002 no such task; TK008 it has not failed, is a child task, or was undone.
create or replace function tasker.retry_task(
    p_task_id uuid, p_reason text default null, p_by text default null, p_dry_run boolean default false,
    out retried boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now  timestamptz;
    v_task tasker.tasks;
begin
    perform tasker.check_reason(p_by, p_reason);
    loop
        perform tasker.check_top(p_task_id, 'retry');
        select * into v_task from tasker.tasks t where t.task_id = p_task_id;
        if not tasker.has_ended(v_task.state) and v_task.retries is not null then
            retried := false;
            return;
        elsif v_task.state <> 'failed' then
            raise exception 'the task is %: only a failed task can be retried',
                case v_task.state when 'pending' then tasker.pending_state(p_task_id) else v_task.state end
                using errcode = 'TK008';
        elsif v_task.compensation is not null then
            raise exception 'the task cannot be retried: %', case v_task.compensation
                when 'running' then 'its steps are being undone' else 'its steps were undone' end using errcode = 'TK008';
        elsif p_dry_run then
            retried := true;
            return;
        end if;
        begin
            if tasker.reset_tasks(array[p_task_id]) = '{}' then
                raise exception 'the task has changed' using errcode = 'TK009';
            end if;
            exit;
        exception when sqlstate 'TK009' then
            null; -- look again
        end;
    end loop;
    v_now := tasker.clock();
    insert into tasker.task_events (task_id, kind, at, by, reason) values (p_task_id, 'retry', v_now, p_by, p_reason);
    update tasker.tasks t set retries = coalesce(t.retries, 0) + 1 where t.task_id = p_task_id;
    retried := true;
end;
$$;
