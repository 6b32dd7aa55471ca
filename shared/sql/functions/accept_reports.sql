-- Stores the results and the failures of the reported steps whose delivery is still the one that was claimed. It
-- is a part of finish_steps, where the arguments are described. It has no SET options: see
-- advance_steps.
-- called by: finish_steps.
-- returns, null where there are none:
--   done_tasks: the tasks of the steps that succeeded, or failed with allow_failure, or were skipped because the run of
--     the task has ended. failed_tasks, retried_tasks: those of the other steps that failed permanently, and of those
--     that will be retried or repeated.
--   static_…: the steps of templates that are not dynamic that succeeded, with the sizes of their results.
--   ended_…: the steps of dynamic templates that succeeded or failed permanently.
--   item_…: items of maps, also those that will be retried; the other arrays do not have them.
--   messages_return: some messages return later, for retries or repetitions.
--   msg_ids: the messages of all of them, ascending, never null.
-- locks: see end_runs; the reported steps (task_id, step_no).
-- moves: see end_runs; step in_progress -> complete | failed | waiting_for_retry | waiting | skipped.
create or replace function tasker.accept_reports(
    p_queue text, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[], p_outcomes tasker.outcome[],
    p_payloads text[], p_retry_after_ms int[], p_ran_us int[],
    out done_tasks uuid[], out failed_tasks uuid[], out retried_tasks uuid[],
    out static_tasks uuid[], out static_steps int[], out static_templates int[], out static_bytes int[],
    out ended_tasks uuid[], out ended_steps int[], out item_tasks uuid[], out item_steps int[],
    out messages_return boolean, out msg_ids bigint[])
language plpgsql
as $$
declare
    v_now      timestamptz := tasker.clock();
    v_dynamic  boolean;
    v_progress boolean; -- some of them have noted progress
    v_ended    record;
    v_failed   record;
    v_answers  record;
    v_waiting  record;
    v_finishes int := 0;
begin
    messages_return := false;
    if p_outcomes && '{finish,fail_task}' then
        select * into p_outcomes, p_payloads
        from tasker.end_runs(p_task_ids, p_step_nos, p_deliveries, p_outcomes, p_payloads);
        v_finishes := cardinality(array_positions(p_outcomes, 'finish'));
    end if;
    if 'children' = any (p_outcomes) then
        v_answers := tasker.check_answers(p_task_ids, p_step_nos, p_outcomes, p_payloads);
        p_outcomes := v_answers.outcomes;
        p_payloads := v_answers.payloads;
    end if;
    if 'success' <> any (p_outcomes) and ('success' = any (p_outcomes) or 'children' = any (p_outcomes)) then
        -- Several statements store them, so the steps are locked in order first.
        perform from (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
                      order by u.task_id, u.step_no offset 0) i
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        for update of s;
    end if;
    -- `any (array[…])` and `offset 0` leave the planner only look-ups by key (decision 0113).
    with done as (
        update tasker.steps s
        set state = 'complete', finished_at = v_now, result = i.payload::json, error = null,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, v_now - i.ran_us * interval '1 microsecond'))
        from (select * from unnest(p_task_ids, p_step_nos, p_deliveries, p_outcomes, p_payloads, p_msg_ids,
                                   p_ran_us)
                  i(task_id, step_no, delivery, outcome, payload, msg_id, ran_us)
              where i.outcome in ('success', 'finish') order by i.task_id, i.step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.delivery = i.delivery
          and s.state = 'in_progress'
          and (s.dynamic and (
              select d.repeat is not null from tasker.template_steps d
              where d.template_id = s.template_id and d.step_no = s.step_no)) is not true
        returning s.task_id, s.step_no, s.template_id, s.dynamic, s.has_progress, i.msg_id,
                  coalesce(octet_length(i.payload), 0) as bytes
    )
    select array_agg(d.task_id), array_agg(d.step_no), array_agg(d.template_id), array_agg(d.bytes),
           array_agg(d.msg_id), bool_or(d.dynamic), bool_or(d.has_progress)
    into static_tasks, static_steps, static_templates, static_bytes, msg_ids, v_dynamic, v_progress
    from done d;
    done_tasks := static_tasks;
    if v_progress then
        perform tasker.forget_progress(static_tasks, static_steps);
    end if;
    if v_dynamic then
        select * into static_tasks, static_steps, static_templates, static_bytes, ended_tasks, ended_steps, done_tasks,
                      item_tasks, item_steps
        from tasker.sort_done(static_tasks, static_steps, static_templates, static_bytes);
    end if;
    -- Those with `repeat` are left, and refused ones.
    if coalesce(cardinality(msg_ids), 0) < cardinality(array_positions(p_outcomes, 'success')) + v_finishes then
        v_ended := tasker.repeat_steps(
            p_queue, p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, p_payloads, p_ran_us, v_now);
        done_tasks := done_tasks || v_ended.done_tasks;
        failed_tasks := v_ended.failed_tasks;
        retried_tasks := v_ended.repeated_tasks;
        messages_return := retried_tasks is not null;
        ended_tasks := ended_tasks || v_ended.ended_tasks;
        ended_steps := ended_steps || v_ended.ended_steps;
        msg_ids := msg_ids || v_ended.msg_ids;
    end if;

    if 'success' <> any (p_outcomes) then
        v_failed := tasker.fail_steps(
            p_queue, p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, p_payloads, p_retry_after_ms,
            p_ran_us, v_now);
        done_tasks := done_tasks || v_failed.allowed_tasks;
        failed_tasks := failed_tasks || v_failed.failed_tasks;
        retried_tasks := retried_tasks || v_failed.retried_tasks;
        ended_tasks := ended_tasks || v_failed.ended_tasks;
        ended_steps := ended_steps || v_failed.ended_steps;
        item_tasks := item_tasks || v_failed.item_tasks;
        item_steps := item_steps || v_failed.item_steps;
        messages_return := messages_return or v_failed.messages_return;
        msg_ids := msg_ids || v_failed.msg_ids;
    end if;
    if 'children' = any (p_outcomes) then
        v_waiting := tasker.answer_children(
            p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, v_answers.children, p_ran_us, v_now);
        done_tasks := done_tasks || v_waiting.skipped_tasks;
        msg_ids := msg_ids || v_waiting.msg_ids;
    end if;
    msg_ids := array(select m from unnest(msg_ids) m order by m);
end;
$$;
