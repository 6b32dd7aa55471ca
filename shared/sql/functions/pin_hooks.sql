-- Notes which registered templates `on_failure` and `on_complete` of a template run: the newest version now, if they
-- name none; for a webhook, tasker.webhook. As with pin_children, no chain of hooks returns to a template.
-- called by: register_template.
-- raises: TK007, with each problem: "on_failure.workflow: no template default/alarm is registered …".
create or replace function tasker.pin_hooks(p_template_id int, p_definition json) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_own      tasker.templates;
    v_hook     record;
    v_hooks    jsonb := '{}'::jsonb;
    v_problems text[] := '{}'::text[];
begin
    if p_definition -> 'on_failure' is null and p_definition -> 'on_complete' is null then
        return;
    end if;
    select * into strict v_own from tasker.templates t where t.template_id = p_template_id;
    for v_hook in
        select k.key, k.state, w.name_space, w.name, w.version, k.hook -> 'webhook' as url,
               k.hook -> 'secret' as secret, tasker.template_named(w.name_space, w.name, w.version) as template_id
        from (values ('on_failure', 'failed', p_definition -> 'on_failure'),
                     ('on_complete', 'complete', p_definition -> 'on_complete')) k(key, state, hook)
        cross join lateral (
            select coalesce(k.hook #>> '{workflow,namespace}', v_own.namespace) as name_space,
                   coalesce(k.hook #>> '{workflow,name}', 'tasker.webhook') as name,
                   k.hook #>> '{workflow,version}' as version offset 0) w
        where k.hook is not null
    loop
        if v_hook.name_space = v_own.namespace and v_hook.name = v_own.name then
            v_problems := v_problems || format(
                '%s.workflow: a template cannot run itself, or another version of itself, when it ends', v_hook.key);
        elsif v_hook.template_id is null then
            v_problems := v_problems || format(
                '%s.workflow: no template %s/%s is registered; register it first', v_hook.key, v_hook.name_space,
                concat_ws(' ', v_hook.name, v_hook.version));
        end if;
        v_hooks := v_hooks || jsonb_build_object(v_hook.state, jsonb_strip_nulls(jsonb_build_object(
            'template_id', v_hook.template_id, 'url', v_hook.url, 'secret', v_hook.secret)));
    end loop;
    if v_problems <> '{}' then
        raise exception '%', array_to_string(v_problems, '; ') using errcode = 'TK007';
    end if;
    update tasker.templates t set hooks = v_hooks::json where t.template_id = p_template_id;
end;
$$;
