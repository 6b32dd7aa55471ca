-- Makes leased messages carry other steps, leased anew: one HOT update each, instead of a delete and
-- a send (decision 0104).
-- called by: finish_steps, finish_step, for the messages of what they have just accepted.
-- locks: the messages.
create or replace function tasker.take_over_messages(
    p_queue text, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[], p_lease_s int)
returns void
language plpgsql
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
    -- By `any`, not by a join: no estimate, however wrong, can then lead to a scan of the queue.
    execute format(
        'update pgmq.%I q
         set message = (select jsonb_build_object(''task_id'', ($2)[p.n], ''step_no'', ($3)[p.n])
                        from (select array_position($1, q.msg_id) as n) p),
             read_ct = 1, enqueued_at = clock_timestamp(), last_read_at = clock_timestamp(),
             vt = clock_timestamp() + make_interval(secs => $4)
         where q.msg_id = any ($1)', 'q_' || p_queue)
    using p_msg_ids, p_task_ids, p_step_nos, p_lease_s;
end;
$$;
