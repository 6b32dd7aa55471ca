-- An event as a message of PGMQ. What jsonb cannot store, such as \u0000 in a result, is left out.
-- called by: publish_events.
-- p_cut: the event without the result or the error.
create or replace function tasker.event_message(p_whole text, p_cut text) returns jsonb
language plpgsql immutable
as $$
begin
    return p_whole::jsonb;
exception when others then -- an event must not fail the reports of steps
    return p_cut::jsonb;
end;
$$;
