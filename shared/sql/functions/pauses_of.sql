-- The pauses of tasks: their own, and those of their templates, of their namespaces, of everything, and of the tasks
-- above them. Its other settings are those of its callers.
-- called by: park_steps, hold_timers, finish_steps, task_rows, explain_pause, ready_steps, end_pause; only if something
--   is paused.
-- returns: a row for each pause of each task that exists; none for tasks that are not paused.
-- cost: look-ups by key for each task, for each level above it, and for each pause.
create or replace function tasker.pauses_of(p_task_ids uuid[]) returns table (task_id uuid, pause tasker.pauses)
language plpgsql stable
set jit = off -- a scan of tasker.pauses has the cost of a disabled one
as $$
#variable_conflict use_column
begin
    return query
        with recursive line as (
            -- `offset 0`: decision 0113.
            select t.task_id as lowest, t.task_id, t.parent_task, t.template_id
            from (select distinct u from unnest(p_task_ids) u) i(task_id)
            cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
            union all
            select l.lowest, t.task_id, t.parent_task, t.template_id
            from line l
            cross join lateral (select * from tasker.tasks t where t.task_id = l.parent_task offset 0) t
        )
        select distinct on (l.lowest, x.pause_id) l.lowest, x
        from line l
        cross join lateral (
            select p.namespace_id, p.name from tasker.templates p where p.template_id = l.template_id offset 0) p
        join tasker.pauses x
             on case when x.task_id is null
                     then (x.namespace_id is null or x.namespace_id = p.namespace_id)
                          and (x.template is null or x.template = p.name)
                     else x.task_id = l.task_id end
        order by l.lowest, x.pause_id;
end;
$$;
