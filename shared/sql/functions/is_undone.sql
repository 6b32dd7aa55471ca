-- Whether there is something to undo of a step: it is complete, or is a map of which an item is complete.
-- called by: judge_steps, start_compensation, list_compensation, list_steps, is_left_undone. It has no SET options: it
--   runs under those of its callers.
-- cost: two primary-key look-ups.
create or replace function tasker.is_undone(p_task_id uuid, p_step_no int) returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from tasker.steps s
        where s.task_id = p_task_id and s.step_no = p_step_no
              and (s.state = 'complete' or s.state in ('failed', 'cancelled', 'skipped') and exists (
                  select from tasker.maps m
                  where m.task_id = p_task_id and m.step_no = p_step_no and m.items_complete > 0)));
end;
$$;
