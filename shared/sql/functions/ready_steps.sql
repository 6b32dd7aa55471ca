-- The steps of a queue that could run now, for at least this long; not those of paused tasks.
-- called by: diagnose_queues, diagnose_handlers.
-- returns: since: when the step was enqueued, or when its last lease ended. handler: null if the step has none.
-- cost: reads up to p_limit such messages, from the head of the queue, and look-ups by key for each.
create or replace function tasker.ready_steps(p_queue text, p_least interval, p_limit int)
returns table (since timestamptz, step text, template text, handler text)
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_tasks text[];
    v_steps text[];
    v_since timestamptz[];
    v_paused boolean := exists (select from tasker.pauses);
begin
    execute format('select array_agg(m.task_id), array_agg(m.step_no), array_agg(m.vt)
                    from (select q.message ->> ''task_id'' as task_id, q.message ->> ''step_no'' as step_no, q.vt
                          from pgmq.%I q where q.vt <= clock_timestamp() - $1 order by q.msg_id limit $2) m',
                   'q_' || p_queue)
    into v_tasks, v_steps, v_since
    using p_least, p_limit;
    return query
        select m.since, d.name, p.name, d.handler
        from tasker.parse_messages(v_tasks, v_steps) i
        cross join lateral unnest(i.task_ids, i.step_nos, v_since) m(task_id, step_no, since)
        -- `offset 0`: decision 0113.
        cross join lateral (
            select t.template_id, t.state, t.compensation from tasker.tasks t where t.task_id = m.task_id offset 0) t
        cross join lateral (select p.name from tasker.templates p where p.template_id = t.template_id offset 0) p
        cross join lateral (
            select d.name, d.handler from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = tasker.template_step(m.step_no) offset 0) d
        left join lateral (
            select s.state from tasker.steps s where s.task_id = m.task_id and s.step_no = m.step_no offset 0) s on true
        where tasker.has_work(t.state, t.compensation) and (s.state is null or s.state in ('enqueued', 'in_progress'))
              and (not v_paused or not exists (select from tasker.pauses_of(array[m.task_id])));
end;
$$;
