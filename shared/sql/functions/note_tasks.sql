-- Remembers, in a setting of the session, tasks that flush_notifications is to announce; beyond p_most only that there
-- were many ('*'). The note vanishes if the transaction rolls back.
-- called by: end_tasks, update_tasks, resume_compensation, for tasks that are finished; cancel_level, stop_step.
-- p_setting: tasker.finished or tasker.cancelled. p_task_ids: null for none.
create or replace function tasker.note_tasks(p_setting text, p_most int, p_task_ids uuid[]) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_noted text := coalesce(current_setting(p_setting, true), '');
begin
    if v_noted = '*' or p_task_ids is null then
        return;
    elsif cardinality(p_task_ids) + length(v_noted) / 37 > p_most then
        perform set_config(p_setting, '*', false);
    else
        perform set_config(p_setting, concat_ws(',', nullif(v_noted, ''), array_to_string(p_task_ids, ',')), false);
    end if;
end;
$$;
