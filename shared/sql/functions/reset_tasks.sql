-- Lets failed tasks run again, see retry_task. Time limits and budgets begin anew.
-- called by: retry_task; retry_children, for child tasks; resolve_locked.
-- p_task_ids: tasks that have not failed, or whose steps were undone, are not changed, apart from their timers.
-- p_resolved: a step of the only task that does not run again, because the caller ends it: it waits, for nothing.
-- returns: those that run now; never null.
-- locks: their timers, the tasks (task_id), their steps, then queues; then the same of their child tasks.
-- moves: task failed -> running; step failed | cancelled | complete | skipped -> pending; map, step with `workflow`
--   pending -> waiting; then as advance_dynamic and update_tasks.
-- cost: reads the steps of the tasks. If some of them were cancelled, reads the queues: their messages are deleted.
create or replace function tasker.reset_tasks(p_task_ids uuid[], p_resolved int default null) returns uuid[]
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
set jit = off -- the estimates for steps_to_retry are high
as $$
declare
    v_now     timestamptz;
    v_tasks   uuid[];
    v_limited uuid[];
    v_steps   record;
    v_next    record;
    v_items   record;
    v_enqueue uuid[];
    v_numbers int[];
begin
    -- First: fire_timers locks the timers of a task before the task.
    delete from tasker.timers d where d.task_id = any (p_task_ids);
    -- `any (array[…])` and `offset 0`: decision 0113.
    v_tasks := array(
        select t.task_id from (select u from unnest(p_task_ids) u order by u offset 0) i(task_id)
        join tasker.tasks t on t.task_id = any (array[i.task_id])
        where t.state = 'failed' and t.compensation is null
        for update of t);
    if v_tasks = '{}' then
        return v_tasks;
    end if;
    v_now := tasker.clock();
    select array_agg(r.task_id) as tasks, array_agg(r.step_no) as steps, array_agg(r.is_dynamic) as dynamic,
           array_agg(r.failures) as failures, array_agg(r.parents_done) as done,
           array_agg(r.parents_bytes) as bytes,
           array_agg(r.task_id) filter (where r.way = 'later') as later_tasks,
           array_agg(r.step_no) filter (where r.way = 'later') as later_steps,
           array_agg(r.task_id) filter (where r.way not in ('items', 'resolved')) as map_tasks,
           array_agg(r.step_no) filter (where r.way not in ('items', 'resolved')) as map_steps,
           array_agg(r.task_id) filter (where r.way = 'judge') as judge_tasks,
           array_agg(r.step_no) filter (where r.way = 'judge') as judge_steps,
           array_agg(r.parents_bytes) filter (where r.way = 'judge') as judge_bytes,
           array_agg(r.task_id) filter (where r.way = 'items') as item_tasks,
           array_agg(r.step_no) filter (where r.way = 'items') as item_steps,
           array_agg(r.task_id) filter (where r.way = 'child') as child_tasks,
           array_agg(r.step_no) filter (where r.way = 'child') as child_steps,
           array_agg(r.task_id) filter (where r.way in ('items', 'child', 'resolved')) as wait_tasks,
           array_agg(r.step_no) filter (where r.way in ('items', 'child', 'resolved')) as wait_steps
    into v_steps from tasker.steps_to_retry(v_tasks, p_resolved) r;
    perform tasker.delete_messages(v_tasks);
    with open as (
        update tasker.tasks t
        -- One active step more than it has, until update_tasks.
        set state = 'running', steps_active = 1, steps_waiting = 0, steps_failed = 0, finished_at = null, error = null,
            ended_by = null, started_at = (select v.started_at from tasker.task_rows(array[t.task_id]) v),
            spent = case when t.budget_task = t.task_id then null else t.spent end
        where t.task_id = any (v_tasks)
        returning t.task_id, t.template_id
    )
    select array_agg(o.task_id) into v_limited
    from open o
    cross join lateral (
        select from tasker.templates p
        where p.template_id = o.template_id and p.timeout_ms is not null offset 0) p;
    if v_limited is not null then
        perform tasker.start_deadlines(v_limited, v_now);
    end if;
    delete from tasker.unsuccessful_tasks u where u.state = 'failed' and u.task_id = any (v_tasks);
    perform tasker.forget_steps(v_steps.later_tasks, v_steps.later_steps),
            tasker.forget_maps(v_steps.map_tasks, v_steps.map_steps),
            tasker.keep_failures(v_steps.tasks, v_steps.steps);
    delete from tasker.repetitions n
    using (select * from unnest(v_steps.tasks, v_steps.steps) u(task_id, step_no)) r
    where n.task_id = any (array[r.task_id]) and n.step_no = r.step_no;
    update tasker.steps s
    set state = 'pending', dynamic = r.dynamic, parents_done = r.done, parents_bytes = r.bytes, failures = r.failures,
        old_failures = nullif(r.failures, 0), lost_leases = 0, lost_alone = 0, alone = false, worker_id = null,
        enqueued_at = null, started_at = null, finished_at = null, result = null, error = null
    from (select * from unnest(v_steps.tasks, v_steps.steps, v_steps.dynamic, v_steps.failures, v_steps.done, v_steps.bytes)
              u(task_id, step_no, dynamic, failures, done, bytes)
          order by u.task_id, u.step_no) r
    where s.task_id = any (array[r.task_id]) and s.step_no = r.step_no;
    update tasker.steps s set state = 'waiting', enqueued_at = v_now, started_at = v_now
    from (select * from unnest(v_steps.wait_tasks, v_steps.wait_steps) u(task_id, step_no) order by 1, 2) w
    where s.task_id = any (array[w.task_id]) and s.step_no = w.step_no;

    v_next := tasker.advance_dynamic(
        null, 0, 0, null, null, v_steps.judge_tasks, v_steps.judge_steps, v_steps.judge_bytes);
    v_items := tasker.resume_maps(v_steps.item_tasks, v_steps.item_steps);
    if v_steps.child_tasks is not null then
        perform tasker.retry_children(v_steps.child_tasks, v_steps.child_steps);
    end if;
    perform tasker.update_tasks(
        v_tasks, null, null,
        v_next.enqueue_tasks || v_next.active_tasks || v_steps.wait_tasks,
        v_next.failed_tasks, v_next.waiting_tasks, null);
    v_enqueue := v_next.enqueue_tasks || v_items.enqueue_tasks;
    v_numbers := v_next.enqueue_steps || v_items.enqueue_steps;
    if v_enqueue is not null then
        perform tasker.enqueue_by_queue(tasker.queues_of(v_enqueue, v_numbers), v_enqueue, v_numbers);
    end if;
    return v_tasks;
end;
$$;
