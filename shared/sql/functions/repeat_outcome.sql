-- What becomes of a step with `repeat` after another run that has a result: see judge_run.
-- called by: repeat_steps, judge_children. It has no SET options: it runs under those of its callers.
-- returns: finished: how many runs finished, with this one; is_met, error: see judge_run.
create or replace function tasker.repeat_outcome(
    p_task_id uuid, p_step_no int, p_repeat json, p_result json, p_context json,
    out finished int, out is_met boolean, out error json)
language plpgsql stable
as $$
declare
    v_run record;
begin
    finished := 1 + coalesce((select r.finished from tasker.repetitions r
                              where r.task_id = p_task_id and r.step_no = p_step_no), 0);
    v_run := tasker.judge_run(
        p_repeat, finished, p_result,
        case when tasker.reads_parents(p_repeat ->> 'until') then tasker.parent_results(p_task_id, p_step_no) end,
        p_context);
    is_met := v_run.is_met;
    error := v_run.error;
end;
$$;
