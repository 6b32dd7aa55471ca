-- Registers a compiled template. The same name, version and content again is accepted and changes
-- nothing; a template is never altered.
-- p_steps: array of objects whose keys are the columns of template_steps without template_id, numbered
--   from 0 in a topological order.
-- p_result: the column templates.result.
-- called by: the orchestrator (POST /v1/templates).
-- returns: the template's id, and whether it is new.
-- locks: a new namespace, then the template's row.
-- raises: TK003 other content under the same name and version; TK006 registered for another
--   environment, whose overrides are compiled in; TK001 from ensure_namespace; TK007 conditions
--   that are no SQL/JSON paths, child tasks and hooks of templates that are not registered.
-- cost: linear in steps and edges.
create or replace function tasker.register_template(
    p_namespace text, p_name text, p_version text, p_environment text, p_hash text,
    p_definition json, p_steps json, p_result json default null,
    out template_id int, out created boolean)
language plpgsql
set search_path = ''
as $$
declare
    v_namespace_id bigint := tasker.ensure_namespace(p_namespace);
    v_old          tasker.templates;
    v_step         tasker.template_steps;
    v_total        int;
    v_roots        int[];
    v_leaves       int[];
    v_dynamic      boolean;
    v_undone       boolean; -- some steps have compensations
    v_dynamic_root boolean; -- a root has a condition or a priority, or is no handler
    v_priorities   boolean; -- some steps have priorities
    v_now          timestamptz := tasker.clock();
begin
    select count(*) filter (where s.undoes is null)::int,
           coalesce(array_agg(s.step_no order by s.step_no)
                    filter (where cardinality(s.parents) = 0 and s.undoes is null), '{}'),
           coalesce(array_agg(s.step_no order by s.step_no)
                    filter (where cardinality(s.children) = 0 and s.undoes is null), '{}'),
           coalesce(bool_or(s.undoes is not null), false),
           coalesce(bool_or(s.join_rule <> 'all_complete' or s.condition is not null or s.allow_failure
                            or s.kind <> 'handler' or s.repeat is not null or s.events is not null
                            or s.priority is not null), false),
           coalesce(bool_or((s.condition is not null or s.kind <> 'handler' or s.priority is not null)
                            and cardinality(s.parents) = 0), false),
           coalesce(bool_or(s.priority is not null), false)
    into v_total, v_roots, v_leaves, v_undone, v_dynamic, v_dynamic_root, v_priorities
    from json_to_recordset(p_steps) as s(
        step_no int, parents int[], children int[], kind tasker.step_kind, join_rule text, condition text,
        allow_failure boolean, repeat json, events json, priority int2, undoes int);
    insert into tasker.templates as t
        (namespace_id, namespace, name, version, environment, hash, definition, has_input_schema,
         steps_total, roots, leaves, is_dynamic, has_dynamic_roots, result, has_compensation, timeout_ms,
         has_priorities, budget, created_at)
    values (v_namespace_id, p_namespace, p_name, p_version, p_environment, p_hash, p_definition,
            p_definition -> 'input_schema' is not null, v_total, v_roots, v_leaves,
            v_dynamic or v_undone, v_dynamic_root, p_result, v_undone,
            (p_definition ->> 'timeout_seconds')::numeric * 1000, v_priorities, (p_definition -> 'budget')::jsonb,
            v_now)
    on conflict (namespace_id, name, version) do nothing
    returning t.template_id into template_id;
    created := found;

    if not created then
        select * into strict v_old from tasker.templates t
        where t.namespace_id = v_namespace_id and t.name = p_name and t.version = p_version;
        if v_old.hash <> p_hash then
            raise exception 'template %/% % exists with other content: register it under a new version',
                p_namespace, p_name, p_version using errcode = 'TK003';
        end if;
        if v_old.environment <> p_environment then
            raise exception 'template %/% % is registered for environment "%", not "%": a database serves one environment',
                p_namespace, p_name, p_version, v_old.environment, p_environment using errcode = 'TK006';
        end if;
        template_id := v_old.template_id;
        return;
    end if;

    v_step.template_id := template_id;
    perform tasker.check_conditions(p_steps);
    insert into tasker.template_steps select * from json_populate_recordset(v_step, p_steps);
    perform tasker.pin_children(template_id);
    perform tasker.pin_hooks(template_id, p_definition);
    if exists (select from tasker.template_steps d cross join json_array_elements(d.events) e(event)
               where d.template_id = v_step.template_id and e.event ->> 'delivery_mode' <> 'fast') then
        perform tasker.ensure_event_queue(p_namespace);
    end if;
end;
$$;
