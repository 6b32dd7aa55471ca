-- An event as JSON text, as people get it.
-- called by: publish_events.
-- p_template: its name, namespace and version.
-- p_is_cut: the result or the error is left out.
create or replace function tasker.event_text(
    p_name text, p_template json, p_step text, p_task_id uuid, p_state tasker.step_state,
    p_finished_at timestamptz, p_result json, p_error json, p_is_cut boolean) returns text
language sql stable parallel safe
as $$
    select json_build_object(
        'event', p_name, 'task_id', p_task_id, 'step', p_step, 'state', p_state,
        'template', p_template, 'at', tasker.utc_text(p_finished_at), 'result', p_result, 'error', p_error, 'is_cut', p_is_cut)::text
$$;
