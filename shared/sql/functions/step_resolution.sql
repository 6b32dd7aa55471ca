-- How a user resolved a step, as the API shows it. It has no SET options: it runs under those of its callers.
-- called by: list_steps, step_reason.
-- p_finished_at: when the step ended; a step that ran again after it was resolved ended at another time.
-- returns: {"at": …, "by": …, "reason": …}; null if no user resolved it.
-- cost: reads the events of the task.
create or replace function tasker.step_resolution(p_task_id uuid, p_step_no int, p_finished_at timestamptz) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object('at', tasker.utc_text(e.at), 'by', e.by, 'reason', e.reason)
        from tasker.task_events e
        where e.task_id = p_task_id and e.kind = 'resolve' and e.step_no = p_step_no and e.at = p_finished_at
        order by e.event_id desc limit 1);
end;
$$;
