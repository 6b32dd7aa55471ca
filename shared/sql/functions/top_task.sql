-- The task at the top of the child tasks to which this one belongs: itself, if it is no child task. It has no SET
-- options: it runs under those of its callers.
-- called by: retry_task, erase_task, pause_task, resume_task.
create or replace function tasker.top_task(p_task_id uuid) returns uuid
language plpgsql stable
as $$
begin
    return (
        with recursive line as (
            select p_task_id as task_id, 0 as n
            union all
            select p.parent_task, l.n + 1
            from line l
            -- `offset 0`: decision 0113.
            cross join lateral (
                select t.parent_task from tasker.tasks t
                where t.task_id = l.task_id and t.parent_task is not null offset 0) p
        )
        select l.task_id from line l order by l.n desc limit 1);
end;
$$;
