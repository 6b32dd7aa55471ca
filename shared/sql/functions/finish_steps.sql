-- Stores the outcomes of steps that ran, and advances their tasks: stores results, counts the complete parents of
-- children, enqueues the steps that became ready, schedules retries, finishes tasks, and deletes or reuses the messages
-- of the accepted reports. A refused report changes nothing: another worker has the step and its message. All p_…
-- arrays are parallel; all steps come from p_queue. A child with another priority goes to the queue of that priority,
-- and not to the caller.
-- p_deliveries: the number of the delivery, from the claim. A report of an outdated delivery is refused.
-- p_msg_ids: the steps' messages, from the claim.
-- p_outcomes: `finish` and `fail_task` also end the runs of the tasks (end_runs).
-- p_payloads: the result of a success or `finish`, the error of a failure or `fail_task`, or the children that the
--   handler answered (children_wanted).
-- p_retry_after_ms: overrides the template's backoff for this failure; null: the template's backoff.
-- p_ran_us: how long ago the handler started; not used if start_steps has stored the start.
-- p_take: of how many children the caller takes the first run (continuation), if they become ready: they are returned
--   already leased to p_worker for p_lease_s seconds, so that a chain costs one transaction per step. None if one of
--   the tasks is paused.
-- called by: the worker; finish_step (fan-outs); fail_killers (steps that lost their worker too many times).
-- returns: the continuations, and the refused reports: the step has another delivery, or it was cancelled.
-- locks: see end_runs; the reported steps (task_id, step_no), children (same order), tasks (task_id), children in
--   dynamic templates, then the reported steps' messages (msg_id).
-- moves: step in_progress -> complete | failed | waiting_for_retry, pending -> enqueued | in_progress | skipped |
--   failed; task -> running | waiting | failed | complete.
-- raises: TK001 when the arrays differ in length.
-- cost: a few statements on primary keys for the whole batch; a task's row is written only when one of its counts
--   changes.
create or replace function tasker.finish_steps(
    p_queue text, p_worker int, p_lease_s int, p_take int,
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[],
    p_outcomes tasker.outcome[], p_payloads text[], p_retry_after_ms int[], p_ran_us int[])
returns setof tasker.claimed_step
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_accepted  record;
    v_next      record;
    v_left      int;
    v_items     record;
    v_dynamic   record;
    v_refused   uuid[]; -- tasks of steps that failed without having been ready
    v_active    uuid[]; -- tasks of steps that wait for items or child tasks
    v_waiting   uuid[]; -- tasks of steps that wait for a time or a signal
    v_elsewhere boolean := false; -- some children or items may go to other queues
    v_msg_ids   bigint[];
    v_row       tasker.claimed_step;
begin
    if (cardinality(p_task_ids) = all (array[
           cardinality(p_step_nos), cardinality(p_deliveries), cardinality(p_msg_ids),
           cardinality(p_outcomes), cardinality(p_payloads), cardinality(p_retry_after_ms),
           cardinality(p_ran_us)])) is not true then
        raise exception 'finish_steps: all arrays must have the same length' using errcode = 'TK001';
    end if;

    if p_take > 0 and exists (select from tasker.pauses) and exists (select from tasker.pauses_of(p_task_ids)) then
        p_take := 0;
    end if;
    v_accepted := tasker.accept_reports(
        p_queue, p_task_ids, p_step_nos, p_deliveries, p_msg_ids, p_outcomes, p_payloads, p_retry_after_ms,
        p_ran_us);
    v_next := tasker.advance_steps(
        p_worker, p_take, v_accepted.static_tasks, v_accepted.static_steps, v_accepted.static_templates,
        v_accepted.static_bytes);
    if v_accepted.ended_tasks is not null or v_accepted.item_tasks is not null then
        -- All tasks of the batch, so that they are locked in order.
        select coalesce(bool_or(t.is_dynamic), false) into v_elsewhere
        from (select t.is_dynamic from tasker.tasks t
              where t.task_id = any (v_accepted.done_tasks || v_accepted.failed_tasks || v_accepted.retried_tasks
                                     || v_accepted.item_tasks)
              order by t.task_id for update) t;
        v_left := p_take - coalesce(cardinality(v_next.taken_tasks), 0);
        if v_accepted.item_tasks is not null then
            v_items := tasker.end_items(p_worker, v_left, v_accepted.item_tasks, v_accepted.item_steps);
            v_left := v_left - coalesce(cardinality(v_items.taken_tasks), 0);
            v_accepted.ended_tasks := v_accepted.ended_tasks || v_items.ended_tasks;
            v_accepted.ended_steps := v_accepted.ended_steps || v_items.ended_steps;
            v_accepted.done_tasks := v_accepted.done_tasks || v_items.done_tasks;
            v_accepted.failed_tasks := v_accepted.failed_tasks || v_items.failed_tasks;
        end if;
        v_dynamic := tasker.advance_dynamic(
            p_queue, p_worker, v_left, v_accepted.ended_tasks, v_accepted.ended_steps);
        v_refused := v_dynamic.failed_tasks;
        v_active := v_dynamic.active_tasks;
        v_waiting := v_dynamic.waiting_tasks;
        v_elsewhere := v_elsewhere or v_dynamic.elsewhere;
        select v_next.enqueue_tasks || v_dynamic.enqueue_tasks as enqueue_tasks,
               v_next.enqueue_steps || v_dynamic.enqueue_steps as enqueue_steps,
               v_next.taken_tasks || v_dynamic.taken_tasks as taken_tasks,
               v_next.taken_steps || v_dynamic.taken_steps as taken_steps into v_next;
    end if;
    perform tasker.update_tasks(
        v_accepted.done_tasks, v_accepted.failed_tasks, v_accepted.retried_tasks,
        v_next.enqueue_tasks || v_next.taken_tasks || v_active, v_refused, v_waiting, null);
    if v_accepted.item_tasks is not null then
        select v_next.enqueue_tasks || v_items.enqueue_tasks as enqueue_tasks,
               v_next.enqueue_steps || v_items.enqueue_steps as enqueue_steps,
               v_next.taken_tasks || v_items.taken_tasks as taken_tasks,
               v_next.taken_steps || v_items.taken_steps as taken_steps into v_next;
    end if;
    v_msg_ids := tasker.move_messages(
        p_queue, p_lease_s, v_accepted.msg_ids, not v_accepted.messages_return, v_next.enqueue_tasks,
        v_next.enqueue_steps, v_elsewhere, v_next.taken_tasks, v_next.taken_steps);

    if v_msg_ids is not null then
        return query
            select * from tasker.claimed_rows(p_queue, v_msg_ids, v_next.taken_tasks, v_next.taken_steps);
    end if;
    if cardinality(v_accepted.msg_ids) < cardinality(p_task_ids) then
        v_row.refused := true;
        v_row.queue := p_queue;
        for v_row.msg_id, v_row.task_id, v_row.step_no, v_row.delivery in
            select * from unnest(p_msg_ids, p_task_ids, p_step_nos, p_deliveries) i(msg_id)
            where i.msg_id <> all (v_accepted.msg_ids)
        loop
            return next v_row;
        end loop;
    end if;
end;
$$;
