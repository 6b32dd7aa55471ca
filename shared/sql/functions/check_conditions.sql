-- Checks that the conditions of steps are SQL/JSON paths.
-- called by: register_template.
-- p_steps: see there.
-- raises: TK007; the detail names the step and the problem: {"step": "b", "message": "syntax error at …"}.
create or replace function tasker.check_conditions(p_steps json) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_step record;
begin
    for v_step in
        select s.name, s.condition from json_to_recordset(p_steps) as s(name text, condition text)
        where s.condition is not null
    loop
        begin
            perform v_step.condition::jsonpath;
        exception when others then
            raise exception 'steps.%.when: %', v_step.name, sqlerrm
                using errcode = 'TK007', detail = json_build_object('step', v_step.name, 'message', sqlerrm)::text;
        end;
    end loop;
end;
$$;
