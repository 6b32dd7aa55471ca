-- Workers in the order of their first registrations.
-- p_namespace: only those that serve it. p_name: only this one. p_state: only those in this state (see worker_state).
--   Null for all. p_after: the last of the previous page; 0 for the first page.
-- called by: the orchestrator (GET /v1/workers, GET /v1/workers/{name}).
-- cost: reads all workers, and the heads of the queues that those of the page serve (see held_steps).
create or replace function tasker.list_workers(
    p_namespace text, p_name text, p_state text, p_after int, p_limit int) returns setof tasker.worker_view
language plpgsql stable
set search_path = ''
as $$
declare
    v_now        timestamptz := tasker.clock();
    v_ids        int[];
    v_namespaces text[];
begin
    select array_agg(f.worker_id) into v_ids
    from (select w.worker_id from tasker.workers w
          where w.worker_id > p_after and (p_namespace is null or p_namespace = any (w.namespaces))
            and (p_name is null or w.name = p_name)
            and (p_state is null or tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now) = p_state)
          order by w.worker_id limit p_limit) f;
    v_namespaces := array(
        select distinct n.name from tasker.workers w cross join lateral unnest(w.namespaces) n(name)
        where w.worker_id = any (v_ids));
    return query
        select w.worker_id, w.name, w.namespaces, w.slots, w.handlers, w.version,
               tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now), w.command::text, w.started_at,
               w.last_seen_at, coalesce(h.steps, 0)
        from tasker.workers w
        left join (select s.worker_id, sum(s.steps)::int as steps from tasker.held_steps(v_namespaces) s
                   group by s.worker_id) h on h.worker_id = w.worker_id
        where w.worker_id = any (v_ids)
        order by w.worker_id;
end;
$$;
