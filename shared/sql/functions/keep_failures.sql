-- Keeps the last failures of steps, which are only in their rows, for their history. It has no SET options: it runs under
-- those of its caller.
-- called by: reset_tasks, before it changes the steps, which has locked the tasks.
create or replace function tasker.keep_failures(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    insert into tasker.attempts
        (task_id, step_no, ended_at, attempt, delivery, worker_id, started_at, outcome, error)
    select s.task_id, s.step_no, s.finished_at, s.failures, s.delivery, s.worker_id, s.started_at, 'failed', s.error
    from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select * from tasker.steps s
        where s.task_id = u.task_id and s.step_no = u.step_no and s.state = 'failed' and s.failures > 0 offset 0) s
    on conflict do nothing;
end;
$$;
