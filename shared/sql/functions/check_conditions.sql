-- Checks that the conditions of steps are SQL/JSON paths.
-- called by: register_template.
-- p_steps: see there.
-- raises: TK007, with each problem: "steps.b.when: syntax error at …".
create or replace function tasker.check_conditions(p_steps json) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_step     record;
    v_problems text[] := '{}'::text[];
begin
    for v_step in
        select s.name, c.key, c.text
        from json_to_recordset(p_steps) as s(name text, condition text, repeat json, map json, signal json)
        cross join lateral (values ('when', s.condition), ('repeat.until', s.repeat ->> 'until'),
                                   ('map', s.map ->> 'over'), ('signal.key', s.signal ->> 'key')) c(key, text)
        where c.text is not null
    loop
        begin
            perform v_step.text::jsonpath;
        exception when others then
            v_problems := v_problems || format('steps.%s.%s: %s', v_step.name, v_step.key, sqlerrm);
        end;
    end loop;
    if v_problems <> '{}' then
        raise exception '%', array_to_string(v_problems, '; ') using errcode = 'TK007';
    end if;
end;
$$;
