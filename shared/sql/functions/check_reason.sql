-- Checks who does something with a task, and why.
-- called by: retry_task, pause_task, resume_task, pause_tasks, resume_tasks, rerun_task, resolve_step, set_priority,
--   edit_task.
-- raises: TK001.
create or replace function tasker.check_reason(p_by text, p_reason text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
    perform tasker.check_sender(p_by, null);
    if octet_length(p_reason) not between 1 and 2000 then
        raise exception 'reason: must have 1 to 2000 bytes, not %', octet_length(p_reason) using errcode = 'TK001';
    end if;
end;
$$;
