-- Gives a new task, whose steps have not started, the ends of steps of another task of the same template, and starts
-- the steps whose parents are all among these. Their times and workers are those of the other task. Items of maps and
-- child tasks stay with it. It has no SET options: it runs under those of its caller.
-- called by: rerun_task.
-- p_from: the other task. p_step_nos: the steps, with all their parents; see steps_taken_over.
-- returns: the steps to enqueue; null if there are none.
-- locks: new rows only; see advance_dynamic.
-- moves: step none -> complete | skipped | pending; others as advance_dynamic; task as count_started.
create or replace function tasker.take_over_steps(
    p_task_id uuid, p_from uuid, p_step_nos int[], out task_ids uuid[], out step_nos int[])
language plpgsql
as $$
declare
    v_first record; -- the steps that start now
    v_next  record;
begin
    -- `offset 0`: decision 0113.
    with task as materialized (
        select t.template_id, p.roots, p.is_dynamic or t.budget_task is not null or t.is_dynamic is not null as is_dynamic
        from tasker.tasks t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        where t.task_id = p_task_id
    ), taken as materialized (
        select s.* from unnest(p_step_nos) i(step_no)
        cross join lateral (
            select * from tasker.steps s where s.task_id = p_from and s.step_no = i.step_no offset 0) s
    ), counted as (
        select c.step_no, c.parents_total, count(*)::int as done,
               least(coalesce(sum(octet_length(e.result::text)), 0), 2147483647)::int as bytes
        from taken e
        cross join lateral (
            select d.children, d.child_parents from tasker.template_steps d
            where d.template_id = e.template_id and d.step_no = e.step_no offset 0) d
        cross join lateral unnest(d.children, d.child_parents) c(step_no, parents_total)
        group by c.step_no, c.parents_total
        union all
        select r.step_no, 0, 0, 0 from task t cross join lateral unnest(t.roots) r(step_no)
    ), open as materialized (
        -- `is true`: a hash of the steps, not a join.
        select c.step_no, c.parents_total, c.done, c.bytes from counted c
        where (c.step_no in (select e.step_no from taken e)) is not true
    ), copied as (
        insert into tasker.steps
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, parents_bytes, worker_id, state,
             enqueued_at, started_at, finished_at, result)
        select p_task_id, e.step_no, e.template_id, e.dynamic, e.parents_total, e.parents_done, e.parents_bytes,
               e.worker_id, e.state, e.enqueued_at, e.started_at, e.finished_at, e.result
        from taken e
        order by e.step_no
    ), added as (
        insert into tasker.steps
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, parents_bytes, state)
        select p_task_id, o.step_no, t.template_id, t.is_dynamic, o.parents_total, o.done, o.bytes,
               'pending'::tasker.step_state
        from open o cross join task t
        order by o.step_no
    )
    select array_agg(p_task_id) as task_ids, array_agg(o.step_no) as step_nos, array_agg(o.bytes) as bytes
    into v_first from open o where o.done = o.parents_total;
    insert into tasker.signals (task_id, step_no, key, received_at, sender, payload)
    select p_task_id, g.step_no, g.key, g.received_at, g.sender, g.payload
    from unnest(p_step_nos) i(step_no)
    cross join lateral (
        select * from tasker.signals g where g.task_id = p_from and g.step_no = i.step_no offset 0) g;
    v_next := tasker.advance_dynamic(null, 0, 0, null, null, v_first.task_ids, v_first.step_nos, v_first.bytes);
    perform tasker.count_started(
        v_next.enqueue_tasks, v_next.active_tasks, v_next.waiting_tasks, v_next.failed_tasks, array[p_task_id]);
    task_ids := v_next.enqueue_tasks;
    step_nos := v_next.enqueue_steps;
end;
$$;
