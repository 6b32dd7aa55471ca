-- Adds the timers of the parents whose child tasks have ended. The steps that wait for them are moved in another
-- transaction (fire_children): this one may hold locks of the parents' steps and tasks, in another order.
-- called by: end_tasks, update_tasks, resume_compensation.
-- p_task_ids: tasks that ended, some of them may be child tasks.
create or replace function tasker.note_child_ends(p_task_ids uuid[], p_state tasker.task_state) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    insert into tasker.timers (due_at, task_id, step_no, kind)
    select v_now, t.parent_task, t.parent_step,
           (case p_state when 'complete' then 'child' else 'child_failed' end)::tasker.timer_kind
    from unnest(p_task_ids) i(task_id)
    -- `offset 0`: decision 0113.
    cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
    where t.parent_task is not null
    group by t.parent_task, t.parent_step
    order by t.parent_task, t.parent_step
    on conflict do nothing;
    if found then
        perform tasker.note_timer(0);
    end if;
end;
$$;
