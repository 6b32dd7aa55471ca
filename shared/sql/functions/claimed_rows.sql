-- The rows a worker gets for steps that were just leased to it. The context of a task comes with the first of its
-- steps; it is null for those that follow it directly.
-- called by: claim_steps, finish_step, finish_steps. No SET options, so that the planner inlines it.
-- An undo step gets the result of the step that it undoes as its only parent.
-- cost: five primary-key look-ups a step, and two for each parent; another one each with `repeat` and after a
-- checkpoint.
create or replace function tasker.claimed_rows(
    p_queue text, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[])
returns setof tasker.claimed_step
language sql stable
as $$
    select false, p_queue, m.msg_id, s.task_id, s.step_no, s.delivery,
           d.max_attempts + coalesce(s.old_failures, 0), s.failures, s.lost_leases,
           s.alone, d.timeout_ms,
           case when s.item is null then d.name else d.name || '[' || tasker.item_index(s.step_no) || ']' end,
           d.handler, d.handler_method, d.initialization, p.namespace, p.name, p.version,
           coalesce(d.priority, t.priority), case when p_task_ids[m.n::int - 1] is distinct from m.task_id then t.context end,
           f.results, case when d.undoes is null then s.parents_bytes else 0 end, f.states,
           case when d.repeat is not null then tasker.repetition(s.task_id, s.step_no) end,
           s.item,
           d.worker_settings,
           case when s.has_progress then (
               select n.checkpoint from tasker.step_progress n
               where n.task_id = s.task_id and n.step_no = s.step_no)
           end
    from unnest(p_msg_ids, p_task_ids, p_step_nos) with ordinality m(msg_id, task_id, step_no, n)
    cross join lateral (
        select * from tasker.steps s where s.task_id = m.task_id and s.step_no = m.step_no offset 0) s
    cross join lateral (select * from tasker.tasks t where t.task_id = m.task_id offset 0) t
    cross join lateral (select * from tasker.templates p where p.template_id = s.template_id offset 0) p
    cross join lateral (
        select * from tasker.template_steps d
        where d.template_id = s.template_id and d.step_no = tasker.template_step(s.step_no) offset 0) d
    cross join lateral (
        select pg_catalog.json_object_agg(n.name, coalesce(
                       case when r.state = 'complete' then r.result
                            else tasker.items_result(r.task_id, r.step_no) end, 'null'))
                   filter (where d.undoes is not null
                                 or r.state = 'complete' and s.parents_bytes <= tasker.joined_bytes_limit()) as results,
               pg_catalog.json_object_agg(n.name, case r.state when 'pending' then 'not_run' else r.state::text end)
                   filter (where s.dynamic) as states
        -- An item gets them only if its inputs read them.
        from pg_catalog.unnest(case when d.undoes is not null then array[d.undoes]
                                    when s.item is null or d.worker_settings ->> 'inputs' like '%${parent%'
                                    then d.parents end) u(step_no)
        cross join lateral (
            select * from tasker.steps r where r.task_id = s.task_id and r.step_no = u.step_no offset 0) r
        cross join lateral (
            select n.name from tasker.template_steps n
            where n.template_id = s.template_id and n.step_no = u.step_no offset 0) n) f
$$;
