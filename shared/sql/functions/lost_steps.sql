-- The steps of these tasks that are enqueued or in progress, but have neither a message nor a timer that returns one:
-- nothing would run them. No crash leaves such a step, but a purged queue does (decision 0143).
-- called by: sweep_tasks, diagnose_lost_steps. It is stable, so it sees tasks, queues and timers at one moment.
-- cost: look-ups by key, and up to 10,000 messages of each queue of the namespaces of such steps. If a queue has more,
--   the steps of its namespace are left out.
create or replace function tasker.lost_steps(p_task_ids uuid[]) returns table (task_id uuid, step_no int)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    c_most_messages constant int := 10000;
    v_wanted  record; -- the steps that must have a message
    v_queue   record;
    v_task_texts text[];
    v_step_texts text[];
    v_found   record;
    v_tasks   uuid[] := '{}'::uuid[]; -- of messages
    v_steps   int[] := '{}'::int[];
    v_unknown text[] := '{}'::text[]; -- namespaces that have too many messages
begin
    -- `offset 0`: decision 0113.
    select array_agg(t.task_id) as tasks, array_agg(n.step_no) as steps, array_agg(p.namespace) as namespaces
    into v_wanted
    from unnest(p_task_ids) i(task_id)
    cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
    cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
    cross join lateral (
        select s.step_no from tasker.steps s
        where s.task_id = t.task_id and s.state in ('enqueued', 'in_progress')
          and (t.compensation is null or tasker.template_step(s.step_no) >= p.steps_total)
        union all
        select r.step_no from unnest(p.roots) r(step_no)
        where not tasker.has_ended(t.state)
          and not exists (select from tasker.steps s where s.task_id = t.task_id and s.step_no = r.step_no offset 0)
        offset 0) n
    where tasker.has_work(t.state, t.compensation)
      and not exists (
          select from tasker.timers r
          where r.task_id = t.task_id and r.step_no = n.step_no and r.queue is not null offset 0);
    if v_wanted.tasks is null then
        return;
    end if;
    for v_queue in
        select n.name as namespace, tasker.queue_name(n.name, p::int2) as name
        from (select distinct u.name from unnest(v_wanted.namespaces) u(name)) n, generate_series(1, 4) p
    loop
        execute format('select array_agg(m.task_id), array_agg(m.step_no)
                        from (select q.message ->> ''task_id'' as task_id, q.message ->> ''step_no'' as step_no
                              from pgmq.%I q order by q.msg_id limit $1) m', 'q_' || v_queue.name)
        into v_task_texts, v_step_texts
        using c_most_messages + 1;
        if cardinality(v_task_texts) > c_most_messages then
            v_unknown := v_unknown || v_queue.namespace;
        elsif v_task_texts is not null then
            v_found := tasker.parse_messages(v_task_texts, v_step_texts);
            v_tasks := v_tasks || v_found.task_ids;
            v_steps := v_steps || v_found.step_nos;
        end if;
    end loop;
    return query
        select w.task_id, w.step_no
        from unnest(v_wanted.tasks, v_wanted.steps, v_wanted.namespaces) w(task_id, step_no, namespace)
        where w.namespace <> all (v_unknown)
          and ((w.task_id, w.step_no) in (select * from unnest(v_tasks, v_steps))) is not true;
end;
$$;
