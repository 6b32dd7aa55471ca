-- Lets the compensation of tasks wait for that of their child tasks, which comes first. Meanwhile they compensate
-- without an undo step.
-- called by: end_tasks. It has no SET options: it runs under those of its callers.
-- p_task_ids: tasks that were just cancelled, whose time limit has passed, or that failed after their run was ended.
-- returns: those that have child tasks that compensate; never null.
-- REQUIRES: the caller has locked the tasks.
-- A child may end now, and its timer may fire before this commits: the timer that is added here fires after it.
create or replace function tasker.hold_compensation(p_task_ids uuid[]) returns uuid[]
language plpgsql
as $$
declare
    v_now  timestamptz := tasker.clock();
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
    if v_held is not null then
        insert into tasker.timers (due_at, task_id, step_no, kind)
        select v_now, h, -1, 'child_failed'::tasker.timer_kind from unnest(v_held) h order by h;
        perform tasker.note_timer(0);
    end if;
    return coalesce(v_held, '{}');
end;
$$;
