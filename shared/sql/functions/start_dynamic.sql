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
    perform tasker.count_started(
        task_ids, v_begun.active_tasks || v_next.active_tasks, v_begun.waiting_tasks || v_next.waiting_tasks,
        v_roots.failed_tasks || v_begun.failed_tasks || v_next.failed_tasks, v_roots.ended_tasks || v_begun.ended_tasks);
end;
$$;
