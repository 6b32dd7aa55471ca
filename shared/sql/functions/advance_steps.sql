-- Adds the reported steps that succeeded to the count of complete parents of each child, and makes ready the
-- children whose parents have all succeeded. Only this function, and finish_step for a step that is reported
-- alone, decide which step of a running task runs next. It does not recurse: a child that becomes ready has yet
-- to run, so its own children cannot become ready in this call. It has no SET options: search_path
-- and the planner's settings are those of finish_steps.
-- called by: finish_steps, end_waits.
-- p_take: see finish_steps.
-- returns: the ready steps that are to be enqueued (enqueue_…), and those that were leased to p_worker
--   (taken_…); null if there are none.
-- locks: children (task_id, step_no).
-- moves: step pending -> enqueued | in_progress.
create or replace function tasker.advance_steps(
    p_worker int, p_take int,
    p_task_ids uuid[], p_step_nos int[], p_template_ids int[], p_bytes int[],
    out enqueue_tasks uuid[], out enqueue_steps int[], out taken_tasks uuid[], out taken_steps int[])
language plpgsql
as $$
declare
    v_now timestamptz := tasker.clock();
begin
    if p_task_ids is null then
        return;
    end if;
    -- Several sessions may finish parents of the same child: the upsert serialises them on the child's row,
    -- and the one that brings parents_done to parents_total makes it ready. The conflict branch calls clock()
    -- again, under the row's lock, so that enqueued_at is not before the other parents' finished_at.
    -- `excluded` has only columns of `steps`, so the proposed row borrows `alone` to say in the conflict
    -- branch that this call takes the child if it is ready. It may stay true in a pending row; each later
    -- write resets it.
    with touched as (
        insert into tasker.steps as s
            (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state,
             enqueued_at, delivery, worker_id, alone)
        select c.task_id, c.step_no, c.template_id, c.parents_total, c.parents_done,
               least(c.parents_bytes, 2147483647)::int,
               (case when c.parents_done < c.parents_total then 'pending'
                     when c.may_take then 'in_progress' else 'enqueued' end)::tasker.step_state,
               case when c.parents_done = c.parents_total then v_now end,
               (c.may_take and c.parents_done = c.parents_total)::int,
               case when c.may_take and c.parents_done = c.parents_total then p_worker end,
               c.may_take and c.parents_done < c.parents_total
        from (select done.task_id, child.step_no, done.template_id, child.parents_total,
                     count(*)::int as parents_done, sum(done.bytes) as parents_bytes,
                     row_number() over (order by count(*) < child.parents_total, done.task_id, child.step_no)
                         <= p_take as may_take -- first those that are certainly ready
              from unnest(p_task_ids, p_step_nos, p_template_ids, p_bytes)
                       done(task_id, step_no, template_id, bytes)
              join tasker.template_steps parent
                  on parent.template_id = any (array[done.template_id]) and parent.step_no = done.step_no
              cross join lateral unnest(parent.children, parent.child_parents) child(step_no, parents_total)
              group by done.task_id, child.step_no, done.template_id, child.parents_total
              order by done.task_id, child.step_no) c
        on conflict (task_id, step_no) do update
        set parents_done = s.parents_done + excluded.parents_done,
            parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int,
            state = case when s.parents_done + excluded.parents_done < s.parents_total then s.state
                         when excluded.alone then 'in_progress'
                         else 'enqueued' end,
            enqueued_at = case when s.parents_done + excluded.parents_done = s.parents_total
                               then tasker.clock() end,
            delivery = s.delivery + (s.parents_done + excluded.parents_done = s.parents_total
                                     and excluded.alone)::int,
            worker_id = case when s.parents_done + excluded.parents_done = s.parents_total
                                  and excluded.alone then p_worker end,
            alone = false
        where s.state = 'pending' -- a cancelled child stays so
        returning s.task_id, s.step_no, s.state
    )
    select array_agg(t.task_id) filter (where t.state = 'enqueued'),
           array_agg(t.step_no) filter (where t.state = 'enqueued'),
           array_agg(t.task_id) filter (where t.state = 'in_progress'),
           array_agg(t.step_no) filter (where t.state = 'in_progress')
    into enqueue_tasks, enqueue_steps, taken_tasks, taken_steps
    from touched t;
end;
$$;
