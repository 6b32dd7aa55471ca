-- Registered templates, oldest first; a null filter means any.
-- p_definitions: false leaves `definition` null, which can be megabytes; lists do without.
-- called by: the orchestrator (GET /v1/templates, its template cache).
-- paging: p_after_id is the last template_id of the page before, 0 for the first.
create or replace function tasker.get_templates(
    p_namespace text, p_name text, p_version text, p_after_id int, p_limit int,
    p_definitions boolean)
returns table (template_id int, namespace text, name text, version text, environment text,
               steps_total int, created_at timestamptz, definition json)
language sql stable
set search_path = ''
as $$
    select t.template_id, t.namespace, t.name, t.version, t.environment, t.steps_total, t.created_at,
           case when p_definitions then t.definition end
    from tasker.templates t
    where t.template_id > p_after_id
      and (p_namespace is null or t.namespace = p_namespace)
      and (p_name is null or t.name = p_name)
      and (p_version is null or t.version = p_version)
    order by t.template_id
    limit p_limit
$$;
