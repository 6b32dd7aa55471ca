-- Notes which registered template each step with `workflow` names: its newest version now, if it names none. A template
-- is registered before those that name it, and never changes: so none contains itself.
-- called by: register_template.
-- raises: TK007, with each problem: "steps.b.workflow: no template default/child is registered …".
create or replace function tasker.pin_children(p_template_id int) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_own      tasker.templates;
    v_step     record;
    v_problems text[] := '{}'::text[];
begin
    select * into strict v_own from tasker.templates t where t.template_id = p_template_id;
    for v_step in
        select s.step_no, s.name, w.name_space, w.child, w.version, c.template_id
        from tasker.template_steps s
        cross join lateral (
            select coalesce(s.workflow ->> 'namespace', v_own.namespace) as name_space,
                   s.workflow ->> 'name' as child, s.workflow ->> 'version' as version offset 0) w
        cross join lateral (select tasker.template_named(w.name_space, w.child, w.version) as template_id offset 0) c
        where s.template_id = p_template_id and s.workflow is not null
        order by s.step_no
    loop
        if v_step.name_space = v_own.namespace and v_step.child = v_own.name then
            v_problems := v_problems || format(
                'steps.%s.workflow: a template cannot contain itself, or another version of itself', v_step.name);
        elsif v_step.template_id is null then
            v_problems := v_problems || format(
                'steps.%s.workflow: no template %s/%s is registered; register it first', v_step.name,
                v_step.name_space, concat_ws(' ', v_step.child, v_step.version));
        end if;
        update tasker.template_steps s set child_template = v_step.template_id
        where s.template_id = p_template_id and s.step_no = v_step.step_no;
    end loop;
    if v_problems <> '{}' then
        raise exception '%', array_to_string(v_problems, '; ') using errcode = 'TK007';
    end if;
end;
$$;
