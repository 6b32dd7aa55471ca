-- Stores the successes among reports of steps with `repeat`, and decides whether they run again: if their condition is
-- not met. Then they wait for their next run, or fail if that was the last one. The arguments are those of
-- finish_steps. It has no SET options: see advance_steps.
-- called by: accept_reports.
-- returns: for the caller's own steps: those that have ended (ended_…); the tasks of those of them that are complete,
--   or may fail; the tasks of those that failed, and of those that run again (repeated_tasks); the messages of all;
--   null where there are none.
-- locks: the steps (task_id, step_no).
-- moves: step in_progress -> complete | waiting | failed.
create or replace function tasker.repeat_steps(
    p_queue text, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[],
    p_outcomes tasker.outcome[], p_payloads text[], p_ran_us int[], p_now timestamptz,
    out ended_tasks uuid[], out ended_steps int[], out done_tasks uuid[], out failed_tasks uuid[],
    out repeated_tasks uuid[], out msg_ids bigint[])
language plpgsql
as $$
declare
    v_next        bigint; -- ms until the first of them runs again
    v_noted_tasks uuid[]; -- those with noted progress
    v_noted_steps int[];
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    with judged as materialized (
        select i.task_id, i.step_no, i.delivery, i.msg_id, i.result, i.ran_us, d.repeat, d.allow_failure, o.finished,
               i.outcome = 'finish' or o.is_met as is_met, case i.outcome when 'success' then o.error end as error
        from (select u.task_id, u.step_no, u.delivery, u.msg_id, u.outcome, u.payload::json as result, u.ran_us
              from unnest(p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, p_payloads, p_ran_us)
                  u(task_id, step_no, delivery, msg_id, outcome, payload, ran_us)
              where u.outcome in ('success', 'finish') offset 0) i
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = i.task_id and s.step_no = i.step_no and s.delivery = i.delivery
              and s.state = 'in_progress' and s.dynamic offset 0) s
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no and d.repeat is not null offset 0) d
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
        cross join lateral (
            select * from tasker.repeat_outcome(i.task_id, i.step_no, d.repeat, i.result, t.context) offset 0) o
    ), moved as (
        update tasker.steps s
        set state = (case when d.is_met then 'complete' when d.error is not null then 'failed'
                          else 'waiting' end)::tasker.step_state,
            finished_at = case when d.is_met or d.error is not null then p_now end,
            failures = case when d.is_met or d.error is not null then s.failures else 0 end,
            old_failures = case when d.is_met or d.error is not null then s.old_failures end,
            result = case when d.is_met then d.result end, error = d.error,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, p_now - d.ran_us * interval '1 microsecond'))
        from (select * from judged x order by x.task_id, x.step_no) d
        where s.task_id = any (array[d.task_id]) and s.step_no = d.step_no and s.delivery = d.delivery
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.state, s.has_progress, d.msg_id, d.allow_failure, d.finished, d.result,
                  (d.repeat ->> 'delay_seconds')::numeric * interval '1 second' as delay
    ), noted as (
        insert into tasker.repetitions as r (task_id, step_no, finished, previous)
        select m.task_id, m.step_no, m.finished, coalesce(m.result, 'null') from moved m where m.state = 'waiting'
        on conflict (task_id, step_no) do update set finished = excluded.finished, previous = excluded.previous
    ), timed as (
        insert into tasker.timers (due_at, task_id, step_no, kind, queue, msg_id)
        select p_now + m.delay, m.task_id, m.step_no, 'repeat', p_queue, m.msg_id from moved m
        where m.state = 'waiting'
        returning due_at
    )
    select array_agg(m.task_id) filter (where m.state <> 'waiting'),
           array_agg(m.step_no) filter (where m.state <> 'waiting'),
           array_agg(m.task_id) filter (where m.state = 'complete' or m.state = 'failed' and m.allow_failure),
           array_agg(m.task_id) filter (where m.state = 'failed' and not m.allow_failure),
           array_agg(m.task_id) filter (where m.state = 'waiting'), array_agg(m.msg_id),
           array_agg(m.task_id) filter (where m.has_progress), array_agg(m.step_no) filter (where m.has_progress),
           (select ceil(extract(epoch from min(t.due_at) - p_now) * 1000)::bigint from timed t)
    into ended_tasks, ended_steps, done_tasks, failed_tasks, repeated_tasks, msg_ids, v_noted_tasks, v_noted_steps,
         v_next
    from moved m;
    if v_noted_tasks is not null then
        perform tasker.forget_progress(v_noted_tasks, v_noted_steps);
    end if;
    perform tasker.note_timer(v_next);
end;
$$;
