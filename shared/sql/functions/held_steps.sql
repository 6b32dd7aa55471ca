-- The steps in progress of these namespaces by worker. Steps of a worker that was killed are in progress until another
-- worker claims them.
-- called by: list_workers, prune_workers, diagnose_workers.
-- returns: rows of workers that hold steps in a queue; several for a worker that holds steps in several queues.
--   leases_end_at: when the last of these leases ends.
-- cost: reads up to 10,000 messages of each queue, from its head, and looks up the step of each that was leased. Leased
--   messages are at the head.
create or replace function tasker.held_steps(p_namespaces text[])
returns table (worker_id int, steps int, leases_end_at timestamptz)
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_queue text;
    v_tasks text[];
    v_steps text[];
    v_ends  timestamptz[];
begin
    for v_queue in
        select tasker.queue_name(n.name, p::int2) from unnest(p_namespaces) n(name), generate_series(1, 4) p
    loop
        execute format('select array_agg(m.task_id), array_agg(m.step_no), array_agg(m.vt)
                        from (select q.message ->> ''task_id'' as task_id, q.message ->> ''step_no'' as step_no, q.vt,
                                     q.read_ct
                              from pgmq.%I q order by q.msg_id limit 10000) m
                        where m.read_ct > 0', 'q_' || v_queue)
        into v_tasks, v_steps, v_ends;
        return query
            select s.worker_id, count(*)::int, max(m.vt)
            from tasker.parse_messages(v_tasks, v_steps) i
            cross join lateral unnest(i.task_ids, i.step_nos, v_ends) m(task_id, step_no, vt)
            cross join lateral (
                select s.worker_id from tasker.steps s
                where s.task_id = m.task_id and s.step_no = m.step_no and s.state = 'in_progress' offset 0) s
            where s.worker_id is not null
            group by s.worker_id;
    end loop;
end;
$$;
