-- Findings about workers: those that are gone and still hold leases, and those that drain.
-- called by: diagnose.
-- cost: reads all workers, and the heads of the queues of those that are gone (see held_steps).
create or replace function tasker.diagnose_workers() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_now  timestamptz := tasker.clock();
    v_gone text[] := array(
        select distinct n.name from tasker.workers w cross join lateral unnest(w.namespaces) n(name)
        where tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now) = 'gone');
begin
    return query
        select 'warning', 'worker ' || w.name,
               format('worker %s was last seen %s ago and holds %s; its last lease ends at %s', w.name,
                      tasker.age_text(w.last_seen_at, v_now),
                      case h.steps when 1 then 'a step' else h.steps || ' steps' end, tasker.utc_text(h.leases_end_at)),
               'Nothing to do: other workers run these steps when the leases end'
        from (select s.worker_id, sum(s.steps) as steps, max(s.leases_end_at) as leases_end_at
              from tasker.held_steps(v_gone) s group by s.worker_id) h
        join tasker.workers w on w.worker_id = h.worker_id
        where tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now) = 'gone'
          and h.leases_end_at > clock_timestamp()
        order by w.name limit 100;
    return query
        select 'info', 'worker ' || w.name, format('worker %s is draining: it claims nothing more', w.name),
               'Stop it with tasker worker stop, and start it again when it should serve'
        from tasker.workers w
        where tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now) = 'draining' and w.command = 'drain'
        order by w.name limit 100;
end;
$$;
