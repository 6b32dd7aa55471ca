-- The queues of tasks: an element for each element of p_task_ids. Null if that is null.
-- called by: create_tasks, end_waits, fire_children, start_compensation. It has no SET options: it runs under
--   those of its callers.
create or replace function tasker.queues_of(p_task_ids uuid[]) returns text[]
language plpgsql stable
as $$
begin
    return (
        select array_agg(tasker.queue_name(p.namespace, t.priority) order by i.n)
        from unnest(p_task_ids) with ordinality i(task_id, n)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p);
end;
$$;
