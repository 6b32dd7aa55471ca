-- Gives the roots among the steps of messages to a worker, if they were never claimed: adds their rows (decision
-- 0120). It has no SET options: it runs under those of its caller.
-- called by: lease_steps.
-- returns: these steps and their messages, null if there are none. Of two messages for one step, it returns the
--   lower one.
-- locks: the steps (task_id, step_no); it waits for a cancel_tasks that adds the same rows.
-- moves: step enqueued (without a row) -> in_progress.
create or replace function tasker.begin_roots(
    p_worker int, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[],
    out msg_ids bigint[], out task_ids uuid[], out step_nos int[])
language plpgsql
as $$
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    with begun as (
        insert into tasker.steps as s
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, delivery, worker_id, state,
             enqueued_at)
        select m.task_id, m.step_no, t.template_id, d.is_dynamic or t.budget_task is not null, 0, 0, 1, p_worker,
               'in_progress'::tasker.step_state, t.created_at
        from unnest(p_task_ids, p_step_nos) m(task_id, step_no)
        cross join lateral (select * from tasker.tasks t where t.task_id = m.task_id offset 0) t
        cross join lateral (select * from tasker.templates d where d.template_id = t.template_id offset 0) d
        where not tasker.has_ended(t.state) and m.step_no = any (d.roots)
        order by m.task_id, m.step_no
        on conflict do nothing
        returning s.task_id, s.step_no
    )
    select array_agg(b.task_id), array_agg(b.step_no) into task_ids, step_nos from begun b;
    if cardinality(task_ids) = cardinality(p_task_ids) then
        msg_ids := p_msg_ids;
        task_ids := p_task_ids;
        step_nos := p_step_nos;
    elsif task_ids is not null then
        -- `is true`: a hash of the begun steps, not a join.
        select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no) into msg_ids, task_ids, step_nos
        from (select min(u.msg_id) as msg_id, u.task_id, u.step_no
              from unnest(p_msg_ids, p_task_ids, p_step_nos) u(msg_id, task_id, step_no)
              where ((u.task_id, u.step_no) in (select * from unnest(task_ids, step_nos))) is true
              group by u.task_id, u.step_no) m;
    end if;
end;
$$;
