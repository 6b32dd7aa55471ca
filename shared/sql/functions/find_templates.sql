-- The ids of templates by filter, in ascending order. A null filter matches any; a null limit is no limit.
-- p_after_id: the last id of the previous page, 0 for the first.
-- called by: get_templates, list_tasks, prune_tasks, find_dead_letters, paused_namespace.
-- cost: an index look-up with a namespace; without one, reads templates until the page is full.
create or replace function tasker.find_templates(
    p_namespace text, p_name text, p_version text, p_after_id int default 0, p_limit int default null)
returns setof int
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_namespace bigint := (select n.namespace_id from tasker.namespaces n where n.name = p_namespace);
begin
    if p_namespace is null then
        return query
            select t.template_id from tasker.templates t
            where t.template_id > p_after_id
              and (p_name is null or t.name = p_name) and (p_version is null or t.version = p_version)
            order by t.template_id limit p_limit;
    else
        -- The expressions keep the planner from walking the primary key for its order.
        return query
            select t.template_id from tasker.templates t
            where t.namespace_id = v_namespace and t.name = p_name and p_name is not null
              and t.template_id + 0 > p_after_id and (p_version is null or t.version = p_version)
            union all
            select t.template_id from tasker.templates t
            where t.namespace_id = v_namespace and p_name is null
              and t.template_id + 0 > p_after_id and (p_version is null or t.version = p_version)
            order by 1 limit p_limit;
    end if;
end;
$$;
