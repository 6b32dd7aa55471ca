-- Binds idempotency keys to new tasks. The arguments are those of create_tasks.
-- called by: create_tasks. It has no SET options: it runs under those of its caller.
-- returns: a row for each task whose key was used before: its 1-based ordinal, the existing task, when that was
--   created (null for a task of the same call), and whether its body is the same.
-- locks: the keys, in order.
create or replace function tasker.keep_keys(
    p_task_ids uuid[], p_template_ids int[], p_priorities int2[], p_contexts text[], p_keys text[],
    p_versions text[], p_labels text[])
returns table (n int, task_id uuid, same boolean, key text, at timestamptz)
language plpgsql
as $$
#variable_conflict use_column
begin
    -- `offset 0`: decision 0113.
    insert into tasker.idempotency_keys (namespace_id, key, task_id, request_hash)
    select k.namespace_id, k.key, k.task_id, k.hash
    from (select t.namespace_id, i.key, i.task_id, i.n,
                 tasker.request_hash(t.namespace, t.name, i.version, i.priority, i.context, i.labels) as hash
          from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_versions, p_labels)
                   with ordinality as i(task_id, template_id, priority, context, key, version, labels, n)
          cross join lateral (
              select * from tasker.templates t where t.template_id = i.template_id offset 0) t
          where i.key is not null
          offset 0) k
    order by k.namespace_id, k.key, k.n
    on conflict do nothing;
    return query
        select i.n::int as n, k.task_id,
               k.request_hash = tasker.request_hash(
                   i.namespace, i.name, i.version, i.priority, i.context, i.labels) as same,
               i.key, (select o.created_at from tasker.tasks o where o.task_id = k.task_id) as at
        from (select i.*, t.namespace_id, t.namespace, t.name
              from unnest(p_task_ids, p_template_ids, p_priorities, p_contexts, p_keys, p_versions, p_labels)
                       with ordinality
                       as i(task_id, template_id, priority, context, key, version, labels, n)
              cross join lateral (
                  select * from tasker.templates t where t.template_id = i.template_id offset 0) t) i
        cross join lateral (
            select * from tasker.idempotency_keys k
            where k.namespace_id = i.namespace_id and k.key = i.key offset 0) k
        where k.task_id <> i.task_id
        order by i.n;
end;
$$;
