-- Whether a task was cancelled without compensation, although steps of it, or of child tasks that were cancelled with
-- it, could have been undone.
-- called by: cancel_tasks. It has no SET options: it runs under those of its caller.
-- cost: primary-key look-ups, two for each undo step until it finds one; reads the child tasks.
create or replace function tasker.is_left_undone(p_task_id uuid) returns boolean
language plpgsql stable
as $$
begin
    return exists (
        with recursive own as (
            select t.task_id, t.template_id, t.finished_at from tasker.tasks t
            where t.task_id = p_task_id and t.state = 'cancelled' and t.compensation is null
            union all
            select t.task_id, t.template_id, t.finished_at
            from own o
            -- `offset 0`: decision 0113.
            cross join lateral (
                select c.child_id from tasker.child_tasks c where c.task_id = o.task_id offset 0) c
            cross join lateral (
                select * from tasker.tasks t
                where t.task_id = c.child_id and t.state = 'cancelled' and t.compensation is null
                      and t.finished_at = o.finished_at offset 0) t
        )
        select from own o
        cross join lateral (
            select * from tasker.templates p
            where p.template_id = o.template_id and p.has_compensation offset 0) p
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = o.template_id and d.step_no >= p.steps_total and d.handler is not null offset 0) d
        where tasker.is_undone(o.task_id, d.undoes));
end;
$$;
