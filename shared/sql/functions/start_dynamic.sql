-- Starts tasks that were just inserted: judges the roots that have conditions over the context of their tasks, and
-- begins the waits of roots that are no handlers. A root that does not run, or waits, gets its row now; the
-- children of those that ended are advanced.
-- called by: create_tasks, if some roots have conditions or priorities, or are no handlers.
-- p_task_ids, p_step_nos: all roots of the tasks.
-- returns: the steps to enqueue; null if there are none.
-- locks: the tasks, whose rows are new; new steps.
-- moves: root none -> enqueued (without a row) | waiting | complete | skipped | failed; others as advance_dynamic;
--   task pending -> running | waiting if none of its steps is enqueued, complete | failed if none can run.
create or replace function tasker.start_dynamic(
    p_task_ids uuid[], p_step_nos int[], out task_ids uuid[], out step_nos int[])
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
    v_roots record;
    v_begun record;
    v_next  record;
    v_ended record; -- tasks without a step that can run
begin
    with judged as materialized (
        select j.*, j.outcome = 'run' and j.kind <> 'handler' as waits
        from tasker.judge_steps(p_task_ids, p_step_nos, null) j
    ), added as (
        insert into tasker.steps
            (task_id, step_no, template_id, dynamic, parents_total, parents_done, state, enqueued_at,
             started_at, finished_at, error)
        select j.task_id, j.step_no, t.template_id, true, 0, 0,
               (case j.outcome when 'run' then 'waiting' when 'skip' then 'skipped'
                               else 'failed' end)::tasker.step_state,
               t.created_at, case when j.waits then v_now end, case when not j.waits then v_now end, j.error
        from judged j
        cross join lateral (select * from tasker.tasks t where t.task_id = j.task_id offset 0) t
        where j.outcome <> 'run' or j.waits
        order by j.task_id, j.step_no
    )
    select array_agg(j.task_id) filter (where j.outcome = 'run' and not j.waits) as run_tasks,
           array_agg(j.step_no) filter (where j.outcome = 'run' and not j.waits) as run_steps,
           array_agg(j.task_id) filter (where j.waits) as wait_tasks,
           array_agg(j.step_no) filter (where j.waits) as wait_steps,
           array_agg(j.kind) filter (where j.waits) as wait_kinds,
           array_agg(j.task_id) filter (where j.outcome <> 'run') as ended_tasks,
           array_agg(j.step_no) filter (where j.outcome <> 'run') as ended_steps,
           array_agg(j.task_id) filter (where j.fails_task) as failed_tasks
    into v_roots from judged j;
    task_ids := v_roots.run_tasks;
    step_nos := v_roots.run_steps;
    if v_roots.ended_tasks is null and v_roots.wait_tasks is null then
        return;
    end if;
    v_begun := tasker.begin_waits(v_roots.wait_tasks, v_roots.wait_steps, v_roots.wait_kinds);
    v_next := tasker.advance_dynamic(
        null, 0, 0, v_roots.ended_tasks || v_begun.ended_tasks, v_roots.ended_steps || v_begun.ended_steps);
    task_ids := task_ids || v_next.enqueue_tasks;
    step_nos := step_nos || v_next.enqueue_steps;
    with counted as (
        select x.task_id, sum(x.enqueued)::int as enqueued, sum(x.active)::int as active,
               sum(x.waiting)::int as waiting, sum(x.failed)::int as failed
        from (select u, 1, 0, 0, 0 from unnest(task_ids) u
              union all select u, 0, 1, 0, 0 from unnest(v_begun.active_tasks || v_next.active_tasks) u
              union all select u, 0, 0, 1, 0 from unnest(v_begun.waiting_tasks || v_next.waiting_tasks) u
              union all select u, 0, 0, 0, 1
                        from unnest(v_roots.failed_tasks || v_begun.failed_tasks || v_next.failed_tasks) u
              union all select u, 0, 0, 0, 0 from unnest(v_roots.ended_tasks || v_begun.ended_tasks) u
             ) x(task_id, enqueued, active, waiting, failed)
        group by x.task_id
    ), moved as (
        update tasker.tasks t
        set steps_active = c.enqueued + c.active, steps_waiting = c.waiting, steps_failed = c.failed,
            state = case when c.active > 0 or c.enqueued = 0
                         then tasker.task_state_of(c.active, c.waiting, c.failed)
                         else 'pending' end,
            finished_at = case when c.enqueued + c.active + c.waiting = 0 then v_now end
        from counted c where t.task_id = any (array[c.task_id])
        returning t.task_id, t.state, t.parent_task is not null as is_child, t.has_hooks
    )
    select array_agg(m.task_id) filter (where m.state = 'complete') as complete,
           array_agg(m.task_id) filter (where m.state = 'failed') as failed,
           bool_or(m.is_child) as some_children, bool_or(m.has_hooks) as some_hooks
    into v_ended from moved m;
    perform tasker.end_tasks(v_ended.complete, 'complete', v_ended.some_children, v_ended.some_hooks),
            tasker.end_tasks(v_ended.failed, 'failed', v_ended.some_children, v_ended.some_hooks);
end;
$$;
