-- Whether a worker of the namespace was seen in the last 5 minutes, has not ended and was not asked to drain. A worker renews that time
-- every third of its lease, at least every 20 s.
-- called by: unserved_namespaces, backlogs, explain_step.
create or replace function tasker.is_served(p_namespace text) returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
    return exists (select from tasker.workers w
                   where p_namespace = any (w.namespaces) and w.command is null and w.ended_at is null
                     and w.last_seen_at > tasker.clock() - interval '5 minutes');
end;
$$;
