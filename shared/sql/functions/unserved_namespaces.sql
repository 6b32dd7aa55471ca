-- The namespaces without a live worker where steps have been ready for more than 10 s, without paused ones.
-- called by: the orchestrator's health.
-- returns: their names in order, '{}' if there are none.
-- cost: reads only the queues of namespaces without a worker, each from its head.
create or replace function tasker.unserved_namespaces() returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
    v_namespace text;
    v_waits     boolean;
    v_found     text[] := '{}'::text[];
begin
    for v_namespace in
        select n.name from tasker.namespaces n
        where not tasker.is_served(n.name) and n.name <> all (tasker.paused_namespaces()) order by n.name
    loop
        for v_priority in 1..4 loop
            execute format(
                'select exists (select from pgmq.%I q
                                where q.vt <= clock_timestamp() - interval ''10 seconds'')',
                'q_' || tasker.queue_name(v_namespace, v_priority::int2)) into v_waits;
            if v_waits then
                v_found := v_found || v_namespace;
                exit;
            end if;
        end loop;
    end loop;
    return v_found;
end;
$$;
