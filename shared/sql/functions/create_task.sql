-- Creates one task inside the caller's own transaction (transactional enqueue): it exists if and
-- only if that transaction commits. `select tasker.flush_notifications()` after the commit wakes a
-- worker immediately; without it the worker's next poll finds the work.
-- p_version: null for the highest that is registered (1.10.0 is above 1.9.0).
-- p_context_validated: the database cannot check a JSON Schema; a template that declares an
--   input_schema is refused unless the caller confirms that it checked the context.
-- p_labels: {"team": "a"}, for lists by label.
-- called by: users.
-- returns: the task's id; with a key that was used before with the same body, the existing task's.
-- raises: TK001, TK002 unknown template, TK004 key reused with another body.
create or replace function tasker.create_task(
    p_namespace text, p_name text, p_version text default null, p_context json default '{}',
    p_priority int default 2, p_key text default null, p_context_validated boolean default false,
    p_labels json default null)
returns uuid
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_template tasker.templates;
    v_task_id  uuid := tasker.uuid_v7();
    v_existing uuid;
begin
    select * into v_template from tasker.templates t
    where t.template_id = tasker.template_named(p_namespace, p_name, p_version);
    if not found then
        raise exception 'no template %/% %', p_namespace, p_name, coalesce(p_version, '(any version)')
            using errcode = 'TK002';
    end if;
    if p_priority is null or p_priority not between 1 and 4 then
        raise exception 'priority must be 1 (low), 2 (normal), 3 (high) or 4 (urgent), not %', p_priority
            using errcode = 'TK001';
    end if;
    if v_template.has_input_schema and not p_context_validated then
        raise exception 'template %/% declares an input_schema, which the database cannot check: pass p_context_validated => true once you have', p_namespace, p_name
            using errcode = 'TK001';
    end if;
    if p_labels is not null then
        perform tasker.check_labels(p_labels);
    end if;
    select c.task_id into v_existing
    from tasker.create_tasks(array[v_task_id], array[v_template.template_id], array[p_priority::int2],
                             array[p_context::text], array[p_key], true,
                             array[p_version], p_labels => array[nullif(p_labels::jsonb, '{}')::text]) c
    where c.ordinal = 1;
    return coalesce(v_existing, v_task_id);
end;
$$;
