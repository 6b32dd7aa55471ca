-- Stores the failures among reports, keeps the attempts that will be retried, and schedules the retries. The arguments
-- are those of finish_steps. A delay in a report has no jitter.
-- called by: accept_reports.
-- returns: for the caller's own steps: the tasks of those that failed permanently, without those with
--   allow_failure; the tasks of those that will be retried, and whether some messages return for that (items included);
--   items of maps, failed or to be retried (item_…), which the other arrays do not have; the steps of dynamic templates
--   that failed permanently
--   (ended_…); the tasks of those with allow_failure among them; the messages of all; null where there are none.
-- locks: the steps (task_id, step_no).
-- moves: step in_progress -> failed | waiting_for_retry.
create or replace function tasker.fail_steps(
    p_queue text, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[], p_outcomes tasker.outcome[],
    p_payloads text[], p_retry_after_ms int[], p_ran_us int[], p_now timestamptz,
    out failed_tasks uuid[], out retried_tasks uuid[], out ended_tasks uuid[], out ended_steps int[],
    out allowed_tasks uuid[], out item_tasks uuid[], out item_steps int[], out messages_return boolean,
    out msg_ids bigint[])
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_tasks uuid[]; -- to be retried
    v_steps int[];
    v_msgs  bigint[];
    v_ms    bigint[];
    v_noted_tasks uuid[]; -- those that failed permanently and have noted progress
    v_noted_steps int[];
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    with failing as (
        update tasker.steps s
        set state = case when r.again then 'waiting_for_retry' else 'failed' end::tasker.step_state,
            failures = s.failures + 1, error = r.payload::json,
            finished_at = case when not r.again then p_now end,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, p_now - r.ran_us * interval '1 microsecond'))
        from (select i.*, d.allow_failure and i.outcome <> 'fail_task' as allow_failure,
                     i.outcome = 'retryable_failure' and d.retryable and x.failures + 1 < d.max_attempts + x.old_failures
                         and (d.retry_only is null and d.retry_except is null
                              or tasker.is_retried(d.retry_only, d.retry_except, i.payload::json ->> 'type')) as again,
                     coalesce(i.after_ms, (d.share * tasker.backoff_ms(
                         d.backoff, d.backoff_base_ms, d.max_backoff_ms, x.failures + 1 - x.old_failures))::bigint) as wait_ms
              from unnest(p_task_ids, p_step_nos, p_deliveries, p_outcomes, p_payloads, p_retry_after_ms,
                          p_msg_ids, p_ran_us)
                       i(task_id, step_no, delivery, outcome, payload, after_ms, msg_id, ran_us)
              cross join lateral (
                  select x.template_id, x.failures, coalesce(x.old_failures, 0) as old_failures from tasker.steps x
                  where x.task_id = i.task_id and x.step_no = i.step_no offset 0) x
              cross join lateral (
                  select d.*, tasker.retry_share(d.jitter) as share from tasker.template_steps d
                  where d.template_id = x.template_id and d.step_no = tasker.template_step(i.step_no) offset 0) d
              where i.outcome in ('retryable_failure', 'permanent_failure', 'fail_task')
              order by i.task_id, i.step_no) r
        where s.task_id = any (array[r.task_id]) and s.step_no = r.step_no and s.delivery = r.delivery
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.dynamic, s.item is not null as is_item, s.has_progress, r.again,
                  r.allow_failure, r.wait_ms, r.msg_id, s.failures, s.delivery, s.worker_id, s.started_at, s.error
    ), kept as (
        insert into tasker.attempts
            (task_id, step_no, ended_at, attempt, delivery, worker_id, started_at, outcome, error)
        select f.task_id, f.step_no, p_now, f.failures, f.delivery, f.worker_id, f.started_at, 'failed', f.error
        from failing f where f.again and not f.is_item
        on conflict do nothing
    )
    select array_agg(f.task_id) filter (where not f.is_item and not f.again and not f.allow_failure),
           array_agg(f.task_id) filter (where not f.is_item and not f.again and f.allow_failure),
           array_agg(f.task_id) filter (where not f.is_item and not f.again and f.dynamic),
           array_agg(f.step_no) filter (where not f.is_item and not f.again and f.dynamic),
           array_agg(f.task_id) filter (where f.is_item), array_agg(f.step_no) filter (where f.is_item),
           array_agg(f.task_id) filter (where not f.is_item and f.again), bool_or(f.again),
           array_agg(f.task_id) filter (where f.again), array_agg(f.step_no) filter (where f.again),
           array_agg(f.msg_id) filter (where f.again), array_agg(f.wait_ms) filter (where f.again),
           array_agg(f.msg_id),
           array_agg(f.task_id) filter (where f.has_progress and not f.again),
           array_agg(f.step_no) filter (where f.has_progress and not f.again)
    into failed_tasks, allowed_tasks, ended_tasks, ended_steps, item_tasks, item_steps, retried_tasks, messages_return,
         v_tasks, v_steps, v_msgs, v_ms, msg_ids, v_noted_tasks, v_noted_steps
    from failing f;

    if v_noted_tasks is not null then
        perform tasker.forget_progress(v_noted_tasks, v_noted_steps);
    end if;

    if messages_return then
        insert into tasker.timers (due_at, task_id, step_no, kind, queue, msg_id)
        select p_now + make_interval(secs => w.ms / 1000.0), w.task_id, w.step_no, 'retry', p_queue, w.msg_id
        from unnest(v_tasks, v_steps, v_msgs, v_ms) w(task_id, step_no, msg_id, ms);
        perform tasker.note_timer((select min(ms) from unnest(v_ms) ms));
    end if;
end;
$$;
