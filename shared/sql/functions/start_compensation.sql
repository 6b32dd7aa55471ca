-- Starts the compensation of tasks that failed or were cancelled: adds the rows of the undo steps without parents, and
-- enqueues those that can run. The tasks keep their states. A task without a complete step to undo has no compensation.
-- called by: end_tasks, resume_compensation.
-- p_task_ids: tasks whose templates have compensations, and whose compensation has not begun; null for none.
-- returns: those of the tasks that compensate now; null if there are none.
-- REQUIRES: the caller has locked the tasks.
-- locks: new steps; then queues.
-- moves: undo step none -> enqueued | skipped; others as advance_dynamic.
create or replace function tasker.start_compensation(p_task_ids uuid[]) returns uuid[]
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_first record; -- the undo steps without parents
    v_next  record;
    v_tasks uuid[];
    v_steps int[];
begin
    if p_task_ids is null then
        return null;
    end if;
    -- `offset 0`: decision 0113.
    with undo as materialized (
        select i.task_id, d.template_id, d.step_no, cardinality(d.parents) = 0 as is_first,
               x.runs, bool_or(x.runs) over (partition by i.task_id) as begins
        from unnest(p_task_ids) i(task_id)
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no >= p.steps_total offset 0) d
        cross join lateral (select d.handler is not null and tasker.is_undone(i.task_id, d.undoes) as runs offset 0) x
    ), added as (
        insert into tasker.steps
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, state, enqueued_at, finished_at)
        select u.task_id, u.step_no, u.template_id, true, 0, 0,
               (case when u.runs then 'enqueued' else 'skipped' end)::tasker.step_state,
               case when u.runs then v_now end, case when not u.runs then v_now end
        from undo u
        where u.is_first and u.begins
        order by u.task_id, u.step_no
        returning task_id, step_no, state
    )
    select array_agg(a.task_id) filter (where a.state = 'enqueued') as run_tasks,
           array_agg(a.step_no) filter (where a.state = 'enqueued') as run_steps,
           array_agg(a.task_id) filter (where a.state = 'skipped') as skipped_tasks,
           array_agg(a.step_no) filter (where a.state = 'skipped') as skipped_steps
    into v_first from added a;
    v_next := tasker.advance_dynamic(null, 0, 0, v_first.skipped_tasks, v_first.skipped_steps);
    v_tasks := v_first.run_tasks || v_next.enqueue_tasks;
    v_steps := v_first.run_steps || v_next.enqueue_steps;
    if v_tasks is null then
        return null;
    end if;
    update tasker.tasks t set compensation = 'running', steps_active = n.steps, finished_at = null
    from (select u.task_id, count(*)::int as steps from unnest(v_tasks) u(task_id) group by u.task_id) n
    where t.task_id = any (array[n.task_id]);
    perform tasker.enqueue_by_queue(tasker.queues_of(v_tasks, v_steps), v_tasks, v_steps);
    return array(select distinct u.task_id from unnest(v_tasks) u(task_id));
end;
$$;
