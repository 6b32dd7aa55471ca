-- The tasks of those steps that failed and have no allow_failure, or failed because the budget is exhausted, each as
-- often as it has such steps.
-- called by: advance_dynamic. It has no SET options: it runs under those of its callers.
create or replace function tasker.tasks_that_fail(p_task_ids uuid[], p_step_nos int[]) returns uuid[]
language plpgsql stable
as $$
begin
    return array(
        select s.task_id
        from unnest(p_task_ids, p_step_nos) w(task_id, step_no)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.steps s where s.task_id = w.task_id and s.step_no = w.step_no offset 0) s
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
        where s.state = 'failed' and (not d.allow_failure or tasker.is_refused(s.error)));
end;
$$;
