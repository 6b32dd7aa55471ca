-- The child tasks that handlers answered, in the order of each answer.
-- called by: check_answers. It has no SET options: it runs under those of its callers.
-- p_payloads: {"on_child_failure": "fail", "children": [{"key": …, "template": {"name": …, "namespace": …,
--   "version": …}, "context": …, "priority": …}, …]} each; the worker checked the form.
-- p_numbers: those of the reports.
create or replace function tasker.children_wanted(p_numbers bigint[], p_task_ids uuid[], p_payloads text[])
returns setof tasker.wanted_child
language plpgsql stable
as $$
begin
    return query
    with given as materialized (
        select a.n, c.place, c.key, c.priority, c.context, a.collect,
               coalesce(c.template ->> 'namespace', a.namespace) as name_space,
               c.template ->> 'name' as name, c.template ->> 'version' as version, a.priority as own_priority
        -- `offset 0`: decision 0113; here it also keeps an answer from being parsed again for each child.
        from (select u.n, u.payload::json ->> 'on_child_failure' = 'collect' as collect,
                     u.payload::json -> 'children' as children, p.namespace, t.priority
              from unnest(p_numbers, p_task_ids, p_payloads) u(n, task_id, payload)
              cross join lateral (
                  select t.template_id, t.priority from tasker.tasks t where t.task_id = u.task_id offset 0) t
              cross join lateral (
                  select p.namespace from tasker.templates p where p.template_id = t.template_id offset 0) p
              offset 0) a
        cross join lateral rows from (
            json_to_recordset(a.children) as (key text, template json, priority int2, context json))
            with ordinality c(key, template, priority, context, place)
    ), named as materialized (
        select d.*, tasker.template_named(d.name_space, d.name, d.version) as template_id
        from (select distinct g.name_space, g.name, g.version from given g) d
    )
    select g.n, g.key, format('%s/%s', d.name_space, concat_ws(' ', d.name, d.version)), d.template_id,
           coalesce(g.priority, g.own_priority), coalesce(g.context::text, '{}'), g.collect
    from given g
    join named d on d.name_space = g.name_space and d.name = g.name and d.version is not distinct from g.version
    order by g.n, g.place;
end;
$$;
