-- The queue of the events of a namespace, which other programs read. The name is that of tasker-core.
-- called by: ensure_event_queue, publish_events.
create or replace function tasker.event_queue(p_namespace text) returns text
language sql immutable parallel safe
as $$
    select p_namespace || '_domain_events'
$$;
