-- Whether an undo step has something to undo: it has a handler, and its step is complete.
-- called by: judge_steps, start_compensation. It has no SET options: it runs under those of its callers.
-- p_undoes: the number of the step.
-- cost: a primary-key look-up.
create or replace function tasker.is_undone(p_task_id uuid, p_undoes int, p_handler text) returns boolean
language plpgsql stable
as $$
begin
    return p_handler is not null and exists (
        select from tasker.steps s
        where s.task_id = p_task_id and s.step_no = p_undoes and s.state = 'complete');
end;
$$;
