-- Why a task failed: its own error, or that of its first step that failed: the one that failed the whole task, if there
-- is one; one with allow_failure only if there is no other.
-- called by: child_error, explain_task, run_hooks. It has no SET options: it runs under those of its callers.
-- returns: {"step": null for the task's own error, "type": …, "message": …}; null if it did not fail.
create or replace function tasker.first_failure(p_task_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select case when t.error is not null or s.name is not null then json_build_object(
            'step', case when t.error is null then s.name end,
            'type', coalesce(t.error, s.error) -> 'type',
            'message', coalesce(t.error, s.error) -> 'message') end
        from tasker.tasks t
        left join lateral (
            select d.name, s.error from tasker.steps s
            -- `offset 0`: decision 0113.
            cross join lateral (
                select d.name, d.allow_failure, d.undoes from tasker.template_steps d
                where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
            where s.task_id = t.task_id and s.state = 'failed' and d.undoes is null
            order by s.step_no is distinct from tasker.template_step(t.ended_by), d.allow_failure, s.finished_at,
                     s.step_no
            limit 1) s on true
        where t.task_id = p_task_id and t.state = 'failed');
end;
$$;
