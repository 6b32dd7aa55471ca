-- Whether a task has a child task that compensates.
-- called by: hold_compensation, resume_compensation, end_tasks. It has no SET options: it runs under those of its callers.
-- cost: looks at the children until it finds one.
create or replace function tasker.has_compensating_child(p_task_id uuid) returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from tasker.child_tasks c
        -- `offset 0`: decision 0113.
        cross join lateral (
            select from tasker.tasks t where t.task_id = c.child_id and t.compensation = 'running' offset 0) t
        where c.task_id = p_task_id);
end;
$$;
