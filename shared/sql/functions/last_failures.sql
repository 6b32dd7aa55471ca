-- The failures of steps in state failed, which are only in their rows. It has no SET options: it runs under those of
-- its callers.
-- called by: step_history, keep_failures.
-- returns: a row for each of these steps that failed. attempt: 0 if it failed before an attempt began.
-- cost: a look-up for each step.
create or replace function tasker.last_failures(p_task_ids uuid[], p_step_nos int[]) returns setof tasker.attempts
language plpgsql stable
as $$
begin
    return query
    select s.task_id, s.step_no, s.finished_at, case when tasker.is_refused(s.error) then 0 else s.failures end,
           s.delivery, s.worker_id, s.started_at, 'failed', s.error
    from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select * from tasker.steps s
        where s.task_id = u.task_id and s.step_no = u.step_no and s.state = 'failed' offset 0) s;
end;
$$;
