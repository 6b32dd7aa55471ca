-- Remembers, for flush_notifications, that a queue has new work. The note is a session setting: it
-- vanishes if the transaction rolls back and is sent only after the commit.
-- called by: enqueue_steps, return_steps, release_steps, end_pause.
-- A payload has at most 8,000 bytes: queues beyond that wait for their workers' own poll.
create or replace function tasker.note_ready(p_queue text) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_noted text := coalesce(current_setting('tasker.ready', true), '');
begin
    if v_noted = '' then
        perform set_config('tasker.ready', p_queue, false);
    elsif length(v_noted) < 7900 and p_queue <> all (string_to_array(v_noted, ',')) then
        perform set_config('tasker.ready', v_noted || ',' || p_queue, false);
    end if;
end;
$$;
