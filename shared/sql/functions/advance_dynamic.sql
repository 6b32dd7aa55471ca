-- advance_steps for tasks of dynamic templates: counts the parents of each child that have ended, and moves the
-- children whose parents have all ended as judge_steps decides. A child that is no handler begins its wait. A child
-- that does not run, or whose wait ends immediately, has ended too, so this continues in rounds until no other step
-- ends. A chain behind a skipped step takes one round (skip_chains). Publishes the events of all steps that ended. It
-- has no SET options: see advance_steps.
-- called by: finish_steps, start_dynamic, end_waits, start_compensation, reset_tasks, take_over_steps.
-- p_task_ids, p_step_nos: the steps that ended: complete, failed or skipped; null for none. p_take: see finish_steps.
-- p_next_…: instead, pending steps whose parents have all ended, with the sizes of the results of these together.
-- p_queue: of the steps that the caller takes; null if it takes none. Ready steps of a higher priority count as taken,
--   so that the caller has free slots for them.
-- returns: the steps that are to be enqueued (enqueue_…), and those that were leased to p_worker (taken_…); the tasks
--   of steps that failed without having been ready, that now wait for a time or a signal (waiting_tasks), and that wait
--   for items or child tasks (active_tasks); null if there are none. elsewhere: some steps that are to be enqueued
--   belong to other queues than p_queue.
-- REQUIRES: the caller has locked the tasks, so that one session at a time advances a task.
-- locks: the tasks' steps (a child that is cancelled meanwhile stays so).
-- moves: step pending -> enqueued | in_progress | skipped | failed | waiting, waiting -> complete | skipped | failed.
create or replace function tasker.advance_dynamic(
    p_queue text, p_worker int, p_take int, p_task_ids uuid[], p_step_nos int[],
    p_next_tasks uuid[] default null, p_next_steps int[] default null, p_next_bytes int[] default null,
    out enqueue_tasks uuid[], out enqueue_steps int[], out taken_tasks uuid[], out taken_steps int[],
    out failed_tasks uuid[], out waiting_tasks uuid[], out active_tasks uuid[], out elsewhere boolean)
language plpgsql
as $$
declare
    v_now      timestamptz;
    v_priority int2 := tasker.queue_priority(p_queue);
    v_left     int := p_take;
    v_ended    record;
    v_next     record; -- the children whose parents have all ended
    v_moved    record;
    v_begun    record;
begin
    elsewhere := false;
    if p_task_ids is null and p_next_tasks is null then
        return;
    end if;
    v_now := tasker.clock(); -- under the tasks' locks
    select p_task_ids as tasks, p_step_nos as steps into v_ended;
    loop
        if v_ended.tasks is null then -- only in the first round
            select p_next_tasks as task_ids, p_next_steps as step_nos, p_next_bytes as bytes, false as publish into v_next;
        else
            v_next := tasker.count_parents(v_ended.tasks, v_ended.steps);
        end if;
        if v_next.publish then
            perform tasker.publish_events(v_ended.tasks, v_ended.steps);
        end if;
        exit when v_next.task_ids is null;

        with decided as materialized (
            select j.*, j.outcome = 'run' and j.kind = 'handler' as runs,
                   row_number() over (
                       order by j.outcome <> 'run' or j.kind <> 'handler' or j.priority < v_priority,
                                j.priority desc, j.task_id, j.step_no) <= v_left
                       and j.priority is not distinct from v_priority as may_take
            from tasker.judge_steps(v_next.task_ids, v_next.step_nos, v_next.bytes) j
        ), moved as (
            insert into tasker.steps as s
                (task_id, step_no, template_id, dynamic, parents_total, parents_done, parents_bytes, state,
                 enqueued_at, started_at, finished_at, delivery, worker_id, error)
            select d.task_id, d.step_no, d.template_id, true, d.parents_total, d.parents_total, d.parents_bytes,
                   (case when d.runs then case when d.may_take then 'in_progress' else 'enqueued' end
                         else case d.outcome when 'run' then 'waiting' when 'skip' then 'skipped'
                                             when 'fail' then 'failed' else 'pending' end end)::tasker.step_state,
                   case d.outcome when 'run' then v_now end,
                   case when d.outcome = 'run' and not d.runs then v_now end,
                   case when d.outcome in ('skip', 'fail') then v_now end,
                   (d.runs and d.may_take)::int, case when d.runs and d.may_take then p_worker end, d.error
            from decided d
            order by d.task_id, d.step_no
            on conflict (task_id, step_no) do update
            set parents_done = excluded.parents_done, parents_bytes = excluded.parents_bytes, state = excluded.state,
                enqueued_at = excluded.enqueued_at, started_at = excluded.started_at,
                finished_at = excluded.finished_at, delivery = s.delivery + excluded.delivery, worker_id = excluded.worker_id,
                error = excluded.error, alone = false -- advance_steps may have used it
            where s.state = 'pending'
            returning s.task_id, s.step_no, s.state
        )
        select array_agg(m.task_id) filter (where m.state = 'enqueued') as enqueue_tasks,
               array_agg(m.step_no) filter (where m.state = 'enqueued') as enqueue_steps,
               array_agg(m.task_id) filter (where m.state = 'in_progress') as taken_tasks,
               array_agg(m.step_no) filter (where m.state = 'in_progress') as taken_steps,
               array_agg(m.task_id) filter (where m.state = 'waiting') as wait_tasks,
               array_agg(m.step_no) filter (where m.state = 'waiting') as wait_steps,
               array_agg(m.task_id) filter (where m.state in ('pending', 'skipped', 'failed')) as tasks,
               array_agg(m.step_no) filter (where m.state in ('pending', 'skipped', 'failed')) as steps,
               bool_or(m.state = 'failed') as some_failed, bool_or(m.state = 'skipped') as some_skipped,
               (select coalesce(bool_or(d.runs and d.priority <> v_priority), false) from decided d) as some_elsewhere
        into v_moved from moved m;
        enqueue_tasks := enqueue_tasks || v_moved.enqueue_tasks;
        enqueue_steps := enqueue_steps || v_moved.enqueue_steps;
        taken_tasks := taken_tasks || v_moved.taken_tasks;
        taken_steps := taken_steps || v_moved.taken_steps;
        elsewhere := elsewhere or v_moved.some_elsewhere;
        if v_moved.some_failed then
            failed_tasks := failed_tasks || tasker.tasks_that_fail(v_moved.tasks, v_moved.steps);
        end if;
        v_ended := v_moved;
        if v_moved.wait_tasks is not null then
            v_begun := tasker.begin_waits(
                v_moved.wait_tasks, v_moved.wait_steps, tasker.kinds_of(v_moved.wait_tasks, v_moved.wait_steps));
            failed_tasks := failed_tasks || v_begun.failed_tasks;
            waiting_tasks := waiting_tasks || v_begun.waiting_tasks;
            active_tasks := active_tasks || v_begun.active_tasks;
            v_ended.tasks := v_moved.tasks || v_begun.ended_tasks;
            v_ended.steps := v_moved.steps || v_begun.ended_steps;
        end if;
        exit when v_ended.tasks is null;
        if v_moved.some_skipped then
            select v_ended.tasks || c.task_ids, v_ended.steps || c.step_nos into v_ended.tasks, v_ended.steps
            from tasker.skip_chains(v_moved.tasks, v_moved.steps) c;
        end if;
        v_left := p_take - coalesce(cardinality(taken_tasks), 0);
    end loop;
end;
$$;
