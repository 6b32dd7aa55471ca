-- Discards what belongs to runs of steps that a retry judges anew: the signals that ended their waits, and the child
-- tasks of their attempts, which are not used again. It has no SET options: it runs under those of its caller.
-- called by: reset_tasks, before it changes the steps, which has locked the tasks.
create or replace function tasker.forget_steps(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    if p_task_ids is null then
        return;
    end if;
    perform tasker.forget_children(p_task_ids, p_step_nos);
    -- A step that has not begun to wait may have signals that came early. `any (array[…])` and `offset 0`: decision 0113.
    delete from tasker.signals g
    using (select s.task_id, s.step_no from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
           cross join lateral (
               select * from tasker.steps s
               where s.task_id = u.task_id and s.step_no = u.step_no
                 and s.started_at is not null offset 0) s offset 0) e
    where g.task_id = any (array[e.task_id]) and g.step_no = e.step_no;
end;
$$;
