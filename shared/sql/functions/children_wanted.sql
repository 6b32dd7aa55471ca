-- The child tasks that handlers answered, in the order of each answer.
-- called by: check_answers, answer_children. It has no SET options: it runs under those of its callers.
-- p_payloads: {"on_child_failure": "fail", "children": [{"key": …, "template": {"name": …, "namespace": …,
--   "version": …}, "context": …, "priority": …}, …]} each; the worker checked the form.
-- returns: n: the index of the payload. template_id: null for an unknown template.
create or replace function tasker.children_wanted(p_task_ids uuid[], p_payloads text[])
returns table (n bigint, task_id uuid, key text, template text, template_id int, priority int2, context text,
               collect boolean)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with given as materialized (
        select a.n, a.task_id, c.n as place, c.child ->> 'key' as key, p.namespace, t.priority,
               c.child, a.collect,
               coalesce(c.child #>> '{template,namespace}', p.namespace) as name_space
        -- `offset 0`: decision 0113; here it also keeps an answer from being parsed again for each child.
        from (select u.n, u.task_id, u.payload::json ->> 'on_child_failure' = 'collect' as collect,
                     u.payload::json -> 'children' as children
              from unnest(p_task_ids, p_payloads) with ordinality u(task_id, payload, n) offset 0) a
        cross join lateral (select * from tasker.tasks t where t.task_id = a.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        cross join lateral json_array_elements(a.children) with ordinality c(child, n)
    ), named as materialized (
        select d.*, tasker.template_named(d.name_space, d.name, d.version) as template_id
        from (select distinct g.name_space, g.child #>> '{template,name}' as name,
                     g.child #>> '{template,version}' as version from given g) d
    )
    select g.n, g.task_id, g.key, format('%s/%s', d.name_space, concat_ws(' ', d.name, d.version)), d.template_id,
           coalesce((g.child ->> 'priority')::int2, g.priority), coalesce(g.child ->> 'context', '{}'), g.collect
    from given g
    join named d on d.name_space = g.name_space and d.name = g.child #>> '{template,name}'
                and d.version is not distinct from g.child #>> '{template,version}'
    order by g.n, g.place;
end;
$$;
