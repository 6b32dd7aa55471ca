-- What becomes of a step with `repeat` after a run that has a result.
-- called by: repeat_outcome, and tasker.testing in Python. It has no SET options: it runs under those of its callers.
-- p_repeat: the key `repeat` of the step. p_finished: the number of runs that finished. p_parents: as in
--   check_condition; not used if the condition does not read them (reads_parents).
-- returns: is_met: the condition is met; error: that of the step, which fails, because the condition has no boolean
--   value, or this was the last run. Otherwise it runs again.
create or replace function tasker.judge_run(
    p_repeat json, p_finished int, p_result json, p_parents json, p_context json, out is_met boolean, out error json)
language plpgsql stable
as $$
declare
    v_until text := p_repeat ->> 'until';
    v_unmet json;
begin
    v_unmet := tasker.check_condition(
        v_until::jsonpath, case when tasker.reads_parents(v_until) then coalesce(p_parents, '{}') else '{}' end,
        json_build_object('context', p_context, 'result', p_result, 'iteration', p_finished));
    is_met := v_unmet is null;
    if v_unmet::text <> '{}' then
        error := v_unmet;
    elsif not is_met and p_finished >= (p_repeat ->> 'max_times')::int then
        error := json_build_object(
            'type', 'not_reached', 'message', format('repeat.until was not met in %s runs', p_finished));
    end if;
end;
$$;
