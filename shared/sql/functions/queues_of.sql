-- The queues of steps, also of items: an element for each of them. Null if there are none.
-- called by: begin_maps, create_tasks, end_waits, fire_children, move_messages, start_compensation, reset_tasks,
--   delete_messages, sweep_tasks, rerun_task. It has no SET options: it runs under those of its callers.
create or replace function tasker.queues_of(p_task_ids uuid[], p_step_nos int[]) returns text[]
language plpgsql stable
as $$
begin
    return (
        select array_agg(tasker.queue_name(p.namespace, coalesce(d.priority, t.priority)) order by i.n)
        from unnest(p_task_ids, p_step_nos) with ordinality i(task_id, step_no, n)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        left join lateral (
            select d.priority from tasker.template_steps d
            where p.has_priorities and d.template_id = t.template_id and d.step_no = tasker.template_step(i.step_no)
            offset 0) d on true);
end;
$$;
