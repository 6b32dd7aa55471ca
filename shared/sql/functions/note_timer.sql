-- Remembers, for flush_notifications, that a timer is due in p_ms milliseconds; null for none.
-- called by: fail_steps, repeat_steps, begin_sleeps, begin_signals, note_child_ends, answer_children,
--   start_deadlines, retry_children, hold_compensation, begin_item_children, end_pause.
create or replace function tasker.note_timer(p_ms bigint) returns void
language plpgsql
set search_path = ''
as $$
begin
    if p_ms is not null then
        perform set_config('tasker.timers', least(
            nullif(current_setting('tasker.timers', true), '')::bigint, p_ms)::text, false);
    end if;
end;
$$;
