-- Since when a task is paused, by whom and why: "paused 3 h ago by ada, with namespace shop: a migration"; null if it is
-- not paused. Of several pauses, the one that is nearest to the task. It has no SET options: it runs under those of its
-- caller.
-- called by: explain_task.
create or replace function tasker.explain_pause(p_task_id uuid, p_now timestamptz) returns text
language plpgsql stable
as $$
begin
    return (
        select format('paused %s ago', tasker.age_text((p.pause).paused_at, p_now))
               || coalesce(' by ' || (p.pause).by, '')
               || case when (p.pause).task_id = p_task_id then ''
                       when (p.pause).task_id is not null then ', with the task at the top'
                       when (p.pause).template is not null then format(', with template %s/%s', n.name, (p.pause).template)
                       when n.name is not null then ', with namespace ' || n.name
                       else ', with everything' end
               || coalesce(': ' || (p.pause).reason, '')
        from tasker.pauses_of(array[p_task_id]) p
        left join tasker.namespaces n on n.namespace_id = any (array[(p.pause).namespace_id])
        order by (p.pause).task_id is null, (p.pause).template is null, (p.pause).pause_id limit 1);
end;
$$;
