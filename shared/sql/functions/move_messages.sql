-- Enqueues the steps that became ready, gives messages to those that go to the caller, and deletes the other messages
-- of the accepted reports. It has no SET options: see advance_steps.
-- called by: finish_steps.
-- p_queue: the queue of the reported steps. p_msg_ids: messages of the accepted reports, ascending. p_may_reuse: false
--   if some of them return later, for retries (decision 0118).
-- p_enqueue_…: the steps to enqueue; p_elsewhere: some of them in other queues. p_taken_…: those that go to the caller,
--   leased.
-- returns: the messages of the steps that go to the caller.
-- locks: the messages of the reports (msg_id).
create or replace function tasker.move_messages(
    p_queue text, p_lease_s int, p_msg_ids bigint[], p_may_reuse boolean,
    p_enqueue_tasks uuid[], p_enqueue_steps int[], p_elsewhere boolean, p_taken_tasks uuid[], p_taken_steps int[],
    out taken_msgs bigint[])
language plpgsql
as $$
declare
    v_reused int := case when p_may_reuse
                         then least(coalesce(cardinality(p_taken_tasks), 0), cardinality(p_msg_ids)) else 0 end;
begin
    -- Steps for the caller reuse the messages of the reported steps: one HOT update each, instead
    -- of a delete and a send. The rest is deleted and sent as usual. In ascending order, replace_
    -- before delete_: extend_leases locks the same messages in this order.
    if v_reused > 0 then
        taken_msgs := p_msg_ids[:v_reused];
        execute format('select tasker_queues.%I($1, $2, $3, $4)', 'replace_' || p_queue)
        using taken_msgs, p_taken_tasks[:v_reused], p_taken_steps[:v_reused], p_lease_s;
    end if;
    if v_reused < cardinality(p_msg_ids) then
        execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using p_msg_ids[v_reused + 1:];
    end if;
    if p_elsewhere then
        perform tasker.enqueue_by_queue(
            tasker.queues_of(p_enqueue_tasks, p_enqueue_steps), p_enqueue_tasks, p_enqueue_steps);
    elsif p_enqueue_tasks is not null then
        perform tasker.enqueue_steps(p_queue, p_enqueue_tasks, p_enqueue_steps);
    end if;
    if v_reused < cardinality(p_taken_tasks) then
        execute format('select $1 || tasker_queues.%I($2, $3, $4)', 'send_' || p_queue) into taken_msgs
        using taken_msgs, p_taken_tasks[v_reused + 1:], p_taken_steps[v_reused + 1:], p_lease_s;
    end if;
end;
$$;
