-- Adds the labels of new tasks to the table for lists by label. It has no SET options: it runs under those of its
-- caller.
-- called by: create_tasks.
-- p_task_ids: a task may be there several times.
create or replace function tasker.list_labels(p_task_ids uuid[]) returns void
language plpgsql
as $$
begin
    insert into tasker.task_labels (name, value, task_id)
    select l.key, l.value, t.task_id
    from unnest(p_task_ids) u(task_id)
    join tasker.tasks t on t.task_id = any (array[u.task_id])
    cross join lateral jsonb_each_text(t.labels) l
    order by l.key, l.value, t.task_id
    on conflict do nothing;
end;
$$;
