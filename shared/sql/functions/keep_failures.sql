-- Keeps the last failures of steps for their history, before a retry changes their rows. It has no SET options: it runs
-- under those of its caller.
-- called by: reset_tasks, which has locked the tasks.
create or replace function tasker.keep_failures(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    insert into tasker.attempts select f.* from tasker.last_failures(p_task_ids, p_step_nos) f on conflict do nothing;
end;
$$;
