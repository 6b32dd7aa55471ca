-- Stores the results and the failures of the reported steps whose delivery is still the one that was claimed. It
-- is a part of finish_steps, where the arguments are described. It has no SET options: see
-- advance_steps.
-- called by: finish_steps.
-- returns: the steps that succeeded, with the sizes of their results; the tasks of those that failed permanently
--   and of those that will be retried; an array is null if there are none. msg_ids: the messages of all of them,
--   ascending, never null.
-- locks: the reported steps (task_id, step_no).
-- moves: step in_progress -> complete | failed | waiting_for_retry.
create or replace function tasker.accept_reports(
    p_queue text, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[], p_outcomes tasker.outcome[],
    p_payloads text[], p_retry_after_ms int[], p_ran_us int[],
    out done_tasks uuid[], out done_steps int[], out done_templates int[], out done_bytes int[],
    out failed_tasks uuid[], out retried_tasks uuid[], out msg_ids bigint[])
language plpgsql
as $$
declare
    v_now         timestamptz := tasker.clock();
    v_failed_msgs bigint[];
begin
    -- `any (array[…])` and `offset 0` leave the planner only look-ups by key (decision 0113).
    with done as (
        update tasker.steps s
        set state = 'complete', finished_at = v_now, result = i.payload::json, error = null,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, v_now - i.ran_us * interval '1 microsecond'))
        from (select * from unnest(p_task_ids, p_step_nos, p_deliveries, p_outcomes, p_payloads, p_msg_ids,
                                   p_ran_us)
                  i(task_id, step_no, delivery, outcome, payload, msg_id, ran_us)
              where i.outcome = 'success' order by i.task_id, i.step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.delivery = i.delivery
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.template_id, i.msg_id, coalesce(octet_length(i.payload), 0) as bytes
    )
    select array_agg(d.task_id), array_agg(d.step_no), array_agg(d.template_id), array_agg(d.msg_id),
           array_agg(d.bytes)
    into done_tasks, done_steps, done_templates, msg_ids, done_bytes
    from done d;

    if 'success' <> any (p_outcomes) then
        select f.failed_tasks, f.retried_tasks, f.msg_ids into failed_tasks, retried_tasks, v_failed_msgs
        from tasker.fail_steps(p_queue, p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, p_payloads,
                               p_retry_after_ms, p_ran_us, v_now) f;
    end if;
    msg_ids := array(select m from unnest(msg_ids || v_failed_msgs) m order by m);
end;
$$;
