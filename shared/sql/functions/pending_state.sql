-- The state of a task whose row says pending. A claim does not write this row (decision 0120): the task has been
-- running since the first of its steps was delivered (a root that is skipped has a row as well).
-- called by: task_rows, is_listed, retry_task, erase_task, explain_task, rerun_task, edit_task. It has no SET options:
--   it runs
--   under those of its callers.
-- cost: a primary-key look-up.
create or replace function tasker.pending_state(p_task_id uuid) returns tasker.task_state
language plpgsql stable
as $$
begin
    if exists (select from tasker.steps s where s.task_id = p_task_id and s.delivery > 0) then
        return 'running'::tasker.task_state;
    end if;
    return 'pending'::tasker.task_state;
end;
$$;
