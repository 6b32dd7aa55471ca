-- Findings about namespaces: steps that have waited for 10 s in a namespace without a worker, and for 5 minutes in
-- one with workers. Paused namespaces have none.
-- called by: diagnose.
-- cost: reads all workers for each namespace, and up to 100 messages of each of its queues.
create or replace function tasker.diagnose_queues() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_now       timestamptz := tasker.clock();
    v_namespace text;
    v_served    record;
    v_oldest    record;
    v_result    tasker.finding;
begin
    for v_namespace in
        select n.name from tasker.namespaces n
        where n.name <> all (tasker.paused_namespaces()) order by n.name
    loop
        select count(*) filter (where w.state = 'serving') as workers,
               sum(w.slots) filter (where w.state = 'serving') as slots, max(w.last_seen_at) as seen,
               string_agg(w.name, ', ' order by w.name) filter (where w.state = 'draining') as draining
        into v_served
        from (select o.*, tasker.worker_state(o.last_seen_at, o.ended_at, o.command, v_now) as state
              from tasker.workers o where v_namespace = any (o.namespaces)) w;
        select r.* into v_oldest
        from generate_series(1, 4) p
        cross join lateral tasker.ready_steps(
            tasker.queue_name(v_namespace, p::int2),
            case when v_served.workers > 0 then interval '5 minutes' else interval '10 seconds' end, 100) r
        order by r.since limit 1;
        continue when not found;
        v_result.subject := 'namespace ' || v_namespace;
        if v_served.workers > 0 then
            v_result.severity := 'warning';
            v_result.sentence := format(
                'step %s of template %s has waited in namespace %s for %s, although it has %s with %s', v_oldest.step,
                v_oldest.template, v_namespace, tasker.age_text(v_oldest.since, clock_timestamp()),
                case v_served.workers when 1 then 'a worker' else v_served.workers || ' workers' end,
                case v_served.slots when 1 then 'a slot' else v_served.slots || ' slots' end);
            v_result.hint := 'Add workers or slots, or look for handlers that do not end: tasker worker list --namespace '
                || v_namespace;
        else
            v_result.severity := 'error';
            v_result.sentence := format('step %s of template %s waits in namespace %s, ', v_oldest.step,
                                        v_oldest.template, v_namespace)
                || case when v_served.draining is not null then 'whose workers are draining: ' || v_served.draining
                        when v_served.seen is null then 'which no worker serves'
                        else 'which no worker has served for ' || tasker.age_text(v_served.seen, v_now) end;
            v_result.hint := 'Start a worker with --namespaces ' || v_namespace;
        end if;
        return next v_result;
    end loop;
end;
$$;
