-- Counts down the children of successful steps, and makes children ready whose parents have all
-- succeeded. Only this function decides which step of a running task is next. One round is enough,
-- because a step that becomes ready has not ended. No `set` clauses: it runs under those of its
-- caller.
-- called by: finish_steps.
-- p_take: see finish_steps.
-- returns: the steps to enqueue, and those that were leased to p_worker; null if there are none.
-- locks: children (task_id, step_no).
-- moves: step pending -> enqueued | in_progress.
create or replace function tasker.advance_steps(
    p_worker int, p_take int,
    p_task_ids uuid[], p_step_nos int[], p_template_ids int[], p_bytes int[],
    out ready_tasks uuid[], out ready_steps int[], out taken_tasks uuid[], out taken_steps int[])
language plpgsql
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    if p_task_ids is null then
        return;
    end if;
    -- Several sessions may count down a child with several parents at the same time: the upsert
    -- serialises them on its row, and the one that brings parents_done to parents_total makes it
    -- ready. Read the clock again after the lock, because the other parents may have finished after
    -- this function began. In a row that is not ready, `alone` means for the conflict branch that
    -- the caller wants the child; before a claim it has no other meaning.
    with touched as (
        insert into tasker.steps as s
            (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state,
             enqueued_at, delivery, worker_id, alone)
        select c.task_id, c.step_no, c.template_id, c.parents_total, c.parents_done,
               least(c.parents_bytes, 2147483647)::int,
               (case when c.parents_done < c.parents_total then 'pending'
                     when c.wanted then 'in_progress' else 'enqueued' end)::tasker.step_state,
               case when c.parents_done = c.parents_total then v_now end,
               (c.wanted and c.parents_done = c.parents_total)::int,
               case when c.wanted and c.parents_done = c.parents_total then p_worker end,
               c.wanted and c.parents_done < c.parents_total
        from (select d.task_id, k.step_no, d.template_id, k.parents_total,
                     count(*)::int as parents_done, sum(d.bytes) as parents_bytes,
                     row_number() over (order by d.task_id, k.step_no) <= p_take as wanted
              from unnest(p_task_ids, p_step_nos, p_template_ids, p_bytes)
                       d(task_id, step_no, template_id, bytes)
              join tasker.template_steps o
                  on o.template_id = any (array[d.template_id]) and o.step_no = d.step_no
              cross join lateral unnest(o.children, o.child_parents) k(step_no, parents_total)
              group by d.task_id, k.step_no, d.template_id, k.parents_total
              order by d.task_id, k.step_no) c
        on conflict (task_id, step_no) do update
        set parents_done = s.parents_done + excluded.parents_done,
            parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int,
            state = case when s.state <> 'pending'
                           or s.parents_done + excluded.parents_done < s.parents_total then s.state
                         when excluded.alone then 'in_progress'
                         else 'enqueued' end,
            enqueued_at = case when s.parents_done + excluded.parents_done = s.parents_total
                               then tasker.clock() end,
            delivery = (s.parents_done + excluded.parents_done = s.parents_total
                       and excluded.alone)::int,
            worker_id = case when s.parents_done + excluded.parents_done = s.parents_total
                                  and excluded.alone then p_worker end,
            alone = false
        returning s.task_id, s.step_no, s.state
    )
    select array_agg(t.task_id) filter (where t.state = 'enqueued'),
           array_agg(t.step_no) filter (where t.state = 'enqueued'),
           array_agg(t.task_id) filter (where t.state = 'in_progress'),
           array_agg(t.step_no) filter (where t.state = 'in_progress')
    into ready_tasks, ready_steps, taken_tasks, taken_steps
    from touched t;
end;
$$;
