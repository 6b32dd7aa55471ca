-- Removes workers that were not seen for some days and hold no step. Steps and attempts that they ran show no worker
-- afterwards.
-- called by: the orchestrator (retention).
-- returns: how many it removed, at most p_limit.
-- locks: the workers' rows.
-- cost: reads all workers; if some are removed, also the heads of the queues that they served (see held_steps).
create or replace function tasker.prune_workers(p_days int, p_limit int) returns int
language plpgsql
set search_path = ''
as $$
declare
    v_before  timestamptz := tasker.clock() - make_interval(days => p_days);
    v_holding int[];
    v_removed int;
begin
    v_holding := array(
        select h.worker_id
        from tasker.held_steps(array(
            select distinct n.name from tasker.workers w cross join lateral unnest(w.namespaces) n(name)
            where w.last_seen_at < v_before)) h);
    delete from tasker.workers w
    where w.last_seen_at < v_before
      and w.worker_id = any (array(
          select o.worker_id from tasker.workers o
          where o.last_seen_at < v_before and o.worker_id <> all (v_holding)
          order by o.worker_id limit p_limit));
    get diagnostics v_removed = row_count;
    return v_removed;
end;
$$;
