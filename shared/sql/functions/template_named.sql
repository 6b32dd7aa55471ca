-- The template with this name and version, or its highest version (1.10.0 is above 1.9.0) if p_version is null; null if
-- there is none.
-- called by: create_task, pin_children, pin_hooks, children_wanted.
create or replace function tasker.template_named(p_namespace text, p_name text, p_version text) returns int
language plpgsql stable
set search_path = ''
as $$
begin
    return (
        select t.template_id from tasker.templates t
        where t.namespace_id = (select n.namespace_id from tasker.namespaces n where n.name = p_namespace)
          and t.name = p_name and (p_version is null or t.version = p_version)
        order by string_to_array(t.version, '.')::int[] desc limit 1);
end;
$$;
