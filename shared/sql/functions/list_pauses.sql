-- What is paused, by whom, since when and why; the oldest pause first.
-- called by: the orchestrator (GET /v1/pauses); diagnose_pauses.
-- returns: namespace, template and task_id are null where the pause does not name them; all are null if everything is
--   paused.
create or replace function tasker.list_pauses()
returns table (namespace text, template text, task_id uuid, paused_at timestamptz, by text, reason text)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
    return query
        select n.name, x.template, x.task_id, x.paused_at, x.by, x.reason
        from tasker.pauses x
        left join tasker.namespaces n on n.namespace_id = any (array[x.namespace_id])
        order by x.pause_id;
end;
$$;
