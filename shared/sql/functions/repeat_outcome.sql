-- What becomes of a step with `repeat` after a run that has a result.
-- called by: repeat_steps, judge_children. It has no SET options: it runs under those of its callers.
-- p_repeat: the key `repeat` of the step.
-- returns: finished: how many runs finished; is_met: the condition is met; error: that of the step, which fails, because
--   the condition has no boolean value, or this was the last run. Otherwise it runs again.
create or replace function tasker.repeat_outcome(
    p_task_id uuid, p_step_no int, p_repeat json, p_result json, p_context json,
    out finished int, out is_met boolean, out error json)
language plpgsql stable
as $$
declare
    v_unmet json;
begin
    finished := 1 + coalesce((select r.finished from tasker.repetitions r
                              where r.task_id = p_task_id and r.step_no = p_step_no), 0);
    v_unmet := tasker.check_condition(
        (p_repeat ->> 'until')::jsonpath,
        case when tasker.reads_parents(p_repeat ->> 'until')
             then coalesce(tasker.parent_results(p_task_id, p_step_no), '{}') else '{}' end,
        json_build_object('context', p_context, 'result', p_result, 'iteration', finished));
    is_met := v_unmet is null;
    if v_unmet::text <> '{}' then
        error := v_unmet;
    elsif not is_met and finished >= (p_repeat ->> 'max_times')::int then
        error := json_build_object(
            'type', 'not_reached', 'message', format('repeat.until was not met in %s runs', finished));
    end if;
end;
$$;
