-- Findings about handlers that steps need and no worker of their namespace has: of steps that could run now, and of those
-- that wait for a retry.
-- called by: diagnose.
-- cost: for each namespace with workers, reads up to 1,000 messages of each of its queues, and the next 10,000 timers.
create or replace function tasker.diagnose_handlers() returns setof tasker.finding
language plpgsql stable
set search_path = ''
as $$
declare
    v_now       timestamptz := tasker.clock();
    v_namespace record;
    v_queues    text[];
begin
    -- A worker that does not say which handlers it has may have any.
    for v_namespace in
        select n.name, array_agg(distinct h.name) as handlers
        from tasker.workers w
        cross join lateral unnest(w.namespaces) n(name)
        left join lateral unnest(w.handlers) h(name) on true
        where tasker.worker_state(w.last_seen_at, w.ended_at, w.command, v_now) = 'serving'
              and n.name <> all (tasker.paused_namespaces())
        group by n.name
        having bool_and(w.handlers <> '{}')
        order by n.name
    loop
        v_queues := array(select tasker.queue_name(v_namespace.name, p::int2) from generate_series(1, 4) p);
        return query
            select 'error', 'handler ' || n.handler,
                   format('step %s of template %s needs handler %s, which no worker of namespace %s has', min(n.step),
                          min(n.template), n.handler, v_namespace.name),
                   'Start a worker that has it, or correct handler.callable in the template'
            from (select r.handler, r.step, r.template
                  from unnest(v_queues) q(name)
                  cross join lateral tasker.ready_steps(q.name, interval '0 seconds', 1000) r
                  union all
                  select d.handler, d.name, p.name
                  from (select r.* from tasker.timers r order by r.due_at limit 10000) r
                  cross join lateral (select t.template_id from tasker.tasks t where t.task_id = r.task_id offset 0) t
                  cross join lateral (
                      select p.name from tasker.templates p where p.template_id = t.template_id offset 0) p
                  cross join lateral (
                      select d.name, d.handler from tasker.template_steps d
                      where d.template_id = t.template_id and d.step_no = tasker.template_step(r.step_no) offset 0) d
                  where r.kind = 'retry' and r.queue = any (v_queues)) n
            where n.handler <> all (v_namespace.handlers)
            group by n.handler
            order by n.handler
            limit 100;
    end loop;
end;
$$;
