-- The undoing of a step as the API shows it. It has no SET options: it runs under those of its caller.
-- called by: list_steps.
-- p_undo_step: the number of the undo step. p_compensation: of the task.
create or replace function tasker.undo_view(
    p_task_id uuid, p_undo_step int, p_compensation tasker.compensation_state) returns json
language plpgsql stable
as $$
declare
    v_undo tasker.steps; -- null values if it has no row
begin
    select * into v_undo from tasker.steps s where s.task_id = p_task_id and s.step_no = p_undo_step;
    return json_build_object(
        'state', tasker.undo_state(v_undo.state, p_compensation),
        'attempts', coalesce(v_undo.failures + (v_undo.state in ('complete', 'in_progress'))::int, 0),
        'error', v_undo.error);
end;
$$;
