-- Lets the compensation of tasks wait for that of their child tasks, which comes first. Meanwhile they compensate
-- without an undo step.
-- called by: end_tasks. It has no SET options: it runs under those of its callers.
-- p_task_ids: tasks that were just cancelled, or whose time limit has passed.
-- returns: those that have child tasks that compensate; never null.
-- REQUIRES: the caller has locked the tasks, and the steps that wait for the children: fire_children locks these first,
--   so it finds that the task waits.
create or replace function tasker.hold_compensation(p_task_ids uuid[]) returns uuid[]
language plpgsql
as $$
declare
    v_held uuid[];
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    with held as (
        update tasker.tasks t set compensation = 'running', finished_at = null
        from (select i.task_id from unnest(p_task_ids) i(task_id)
              where tasker.has_compensating_child(i.task_id) offset 0) h
        where t.task_id = any (array[h.task_id]) and t.compensation is null
        returning t.task_id
    )
    select array_agg(h.task_id) into v_held from held h;
    return coalesce(v_held, '{}');
end;
$$;
