-- Evaluates a condition of a step over the results of its complete parents (`$`) and variables.
-- called by: judge_steps (`when`), judge_run (`repeat.until`), and tasker.testing in Python. It has no SET options: it
--   runs under those of its caller.
-- p_parents: {"<parent's name>": <its result>, …}; null if they are too large. p_variables: {"context": …, …}.
-- returns: null if it is met; {} if it is not; else the error of the step: the condition has no boolean value, or a
--   value cannot be read.
create or replace function tasker.check_condition(p_condition jsonpath, p_parents json, p_variables json) returns json
language plpgsql stable
as $$
declare
    v_found jsonb;
begin
    if p_parents is null then
        return '{"type": "condition_error", "message": "the results of the parents are too large"}'::json;
    end if;
    v_found := jsonb_path_query_array(
        p_parents::jsonb, p_condition, p_variables::jsonb, silent => true);
    if v_found = 'true' or v_found = '[true]' then
        return null;
    elsif v_found in ('[false]', '[null]') then
        return '{}'::json;
    end if;
    return json_build_object(
        'type', 'condition_error',
        'message', format('the condition must be true or false, not %s', left(v_found::text, 200)));
exception when others then -- a condition must not fail the reports of other steps
    return json_build_object(
        'type', 'condition_error', 'message', format('the condition cannot read its values: %s', sqlerrm));
end;
$$;
