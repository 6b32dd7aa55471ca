-- The task and the open child tasks below it that follow when its priority changes: those whose priority is that of the
-- task, unless their template step gives it. It has no SET options: it runs under those of its caller.
-- called by: move_task.
-- p_priority: that of the task.
-- returns: ascending; empty if the task has ended, or has another priority.
create or replace function tasker.tasks_to_move(p_task_id uuid, p_priority int2) returns uuid[]
language plpgsql stable
as $$
begin
    return array(
        with recursive family as (
            select t.task_id, t.template_id from tasker.tasks t
            where t.task_id = p_task_id and t.finished_at is null and t.priority = p_priority
            union
            select t.task_id, t.template_id
            from family f
            -- `offset 0`: decision 0113.
            cross join lateral (
                select c.child_id, c.step_no from tasker.child_tasks c where c.task_id = f.task_id offset 0) c
            cross join lateral (
                select * from tasker.tasks t
                where t.task_id = c.child_id and t.finished_at is null and t.priority = p_priority offset 0) t
            cross join lateral (
                select from tasker.template_steps d
                where d.template_id = f.template_id and d.step_no = tasker.template_step(c.step_no)
                  and d.workflow ->> 'priority' is null offset 0) d
        )
        select f.task_id from family f order by f.task_id);
end;
$$;
