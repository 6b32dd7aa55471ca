-- Remembers, for flush_notifications, which tasks have finished; beyond 100 only that there were many
-- ('*'), as a payload has at most 8,000 bytes.
-- called by: end_tasks, update_tasks, resume_compensation.
create or replace function tasker.note_finished(p_task_ids uuid[]) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_noted text := coalesce(current_setting('tasker.finished', true), '');
begin
    if v_noted = '*' then
        return;
    elsif cardinality(p_task_ids) + length(v_noted) / 37 > 100 then
        perform set_config('tasker.finished', '*', false);
    else
        perform set_config('tasker.finished',
                           concat_ws(',', nullif(v_noted, ''), array_to_string(p_task_ids, ',')), false);
    end if;
end;
$$;
