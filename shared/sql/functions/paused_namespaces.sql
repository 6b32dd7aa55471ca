-- The namespaces that are paused as a whole. Its other settings are those of its callers.
-- called by: unpaused_queues, unserved_namespaces, diagnose_queues, diagnose_handlers.
-- returns: their names; never null.
create or replace function tasker.paused_namespaces() returns text[]
language plpgsql stable
set jit = off -- a scan of tasker.pauses has the cost of a disabled one
as $$
begin
    return array(
        select n.name from tasker.namespaces n
        where exists (select from tasker.pauses x
                      where x.template is null and x.task_id is null
                            and (x.namespace_id is null or x.namespace_id = n.namespace_id)));
end;
$$;
