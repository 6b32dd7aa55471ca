-- Removes what handlers noted about steps, because their runs have ended.
-- called by: finish_step, accept_reports, repeat_steps, fail_steps, end_waits, cancel_level, stop_map, stop_step, which
--   hold the steps' locks, answer_children, skip_steps. It has no SET options: it runs under those of its callers.
-- locks: the rows of these steps in step_progress, which change only under the lock of the step.
create or replace function tasker.forget_progress(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    delete from tasker.step_progress n
    using (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no)) i
    where n.task_id = any (array[i.task_id]) and n.step_no = i.step_no;
end;
$$;
