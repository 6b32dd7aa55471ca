-- Gives the child tasks of steps, and of items of maps, numbers of attempts below 0: further attempts have nothing to
-- do with them. It has no SET options: it runs under those of its callers.
-- called by: repeat_children, forget_steps, forget_maps, which hold the locks of the steps or of their tasks.
create or replace function tasker.forget_children(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
begin
    update tasker.child_tasks c set attempt = r.least - 1 - c.attempt
    from (select u.task_id, u.step_no, e.least
          from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
          -- `offset 0`: decision 0113.
          cross join lateral (
              select least(min(o.attempt), 0) as least from tasker.child_tasks o
              where o.task_id = u.task_id and o.step_no = u.step_no offset 0) e
          order by u.task_id, u.step_no offset 0) r
    where c.task_id = any (array[r.task_id]) and c.step_no = r.step_no and c.attempt >= 0;
end;
$$;
