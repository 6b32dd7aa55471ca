-- Registered templates, oldest first; a null filter means any.
-- p_definitions: false leaves `definition` null, which can be megabytes; lists do without.
-- called by: the orchestrator (GET /v1/templates, its template cache).
-- paging: p_after_id is the last template_id of the page before, 0 for the first.
create or replace function tasker.get_templates(
    p_namespace text, p_name text, p_version text, p_after_id int, p_limit int,
    p_definitions boolean)
returns table (template_id int, namespace text, name text, version text, environment text,
               steps_total int, created_at timestamptz, definition json)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
begin
    return query
        select t.template_id, t.namespace, t.name, t.version, t.environment, t.steps_total, t.created_at,
               case when p_definitions then t.definition end
        from tasker.find_templates(p_namespace, p_name, p_version, p_after_id, p_limit) i(id)
        join tasker.templates t on t.template_id = any (array[i.id])
        order by i.id;
end;
$$;
