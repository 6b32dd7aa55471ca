-- Why a task failed, see failures_of.
-- called by: child_error, explain_task, run_hooks. It has no SET options: it runs under those of its callers.
-- returns: {"step": null for the task's own error, "type": …, "message": …}; null if it did not fail.
create or replace function tasker.first_failure(p_task_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object('step', f.step, 'type', f.error -> 'type', 'message', f.error -> 'message')
        from tasker.failures_of(array[p_task_id]) f
        where f.error is not null);
end;
$$;
