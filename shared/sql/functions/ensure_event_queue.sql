-- Makes the queue of the events of a namespace, if it is not there.
-- called by: register_template, for a template with durable events.
-- locks: PGMQ's queue locks.
-- Runs as the role that migrated, as ensure_namespace.
create or replace function tasker.ensure_event_queue(p_namespace text) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform pgmq.create(tasker.event_queue(n.name)) from tasker.namespaces n
    where n.name = p_namespace
      and not exists (select from pgmq.meta m where m.queue_name = tasker.event_queue(n.name));
end;
$$;
