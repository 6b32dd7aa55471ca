-- Makes the functions that write one queue's table.
--   tasker_queues.replace_<queue>: gives leased messages to other steps, leased anew (decision 0104).
--   tasker_queues.set_vt_<queue>: renews the leases of messages; with 0 s it returns them, as if they
--     had not been leased.
--   tasker_queues.delete_<queue>: deletes messages.
--   tasker_queues.send_<queue>: adds messages for steps, and returns their numbers; leased already if
--     p_lease_s is above 0.
--   tasker_queues.resend_<queue>: adds messages that were in the queue before, with their old numbers, or
--     with new ones if the queue was created again and has others with these numbers.
-- called by: make_queue_functions.
create or replace function tasker.add_queue_writers(p_queue text) returns void
language plpgsql
set search_path = ''
as $make$
begin
    -- By `any`, not by a join: no estimate, however wrong, can then lead to a scan of the queue.
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.replace_:queue(
            p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[], p_lease_s int)
        returns void language plpgsql as $body$
        declare
            v_now timestamptz := clock_timestamp();
        begin
            update pgmq.q_:queue q
            set message = (select jsonb_build_object('task_id', p_task_ids[p.n], 'step_no', p_step_nos[p.n])
                           from (select array_position(p_msg_ids, q.msg_id) as n) p),
                read_ct = 1, enqueued_at = v_now, last_read_at = v_now,
                vt = v_now + make_interval(secs => p_lease_s)
            where q.msg_id = any (p_msg_ids);
        end $body$ $$);
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.set_vt_:queue(p_msg_ids bigint[], p_lease_s int)
        returns void language plpgsql as $body$
        declare
            v_vt timestamptz := clock_timestamp() + make_interval(secs => p_lease_s);
        begin
            update pgmq.q_:queue q
            set vt = v_vt, read_ct = q.read_ct - (p_lease_s = 0)::int
            where q.msg_id = any (p_msg_ids);
        end $body$ $$);
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.delete_:queue(p_msg_ids bigint[])
        returns void language plpgsql as $body$
        begin
            delete from pgmq.q_:queue q where q.msg_id = any (p_msg_ids);
        end $body$ $$);
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.send_:queue(
            p_task_ids uuid[], p_step_nos int[], p_lease_s int, out msg_ids bigint[])
        language plpgsql as $body$
        begin
            with sent as (
                insert into pgmq.q_:queue (vt, read_ct, message)
                select clock_timestamp() + make_interval(secs => p_lease_s), (p_lease_s > 0)::int,
                       jsonb_build_object('task_id', s.task_id, 'step_no', s.step_no)
                from unnest(p_task_ids, p_step_nos) s(task_id, step_no)
                returning msg_id)
            select array_agg(t.msg_id order by t.msg_id) into msg_ids from sent t;
        end $body$ $$);
    -- last_read_at: it is not a new message for backlogs().
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.resend_:queue(
            p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[])
        returns void language plpgsql as $body$
        declare
            v_now timestamptz := clock_timestamp();
        begin
            with message as (
                select m.msg_id, jsonb_build_object('task_id', m.task_id, 'step_no', m.step_no) as message,
                       row_number() over (partition by m.msg_id) = 1 as is_first
                from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
            ), sent as (
                insert into pgmq.q_:queue (msg_id, vt, last_read_at, message) overriding system value
                select m.msg_id, v_now, v_now, m.message from message m where m.is_first order by m.msg_id
                on conflict (msg_id) do nothing
                returning msg_id)
            insert into pgmq.q_:queue (vt, last_read_at, message)
            select v_now, v_now, m.message from message m
            where not m.is_first or m.msg_id <> all (array(select s.msg_id from sent s));
        end $body$ $$);
end;
$make$;
