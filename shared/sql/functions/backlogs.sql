-- For each namespace with a live worker, about how many steps are ready and were never leased: the sum over
-- its queues of the distance from the oldest such message to the newest message.
-- called by: the orchestrator, periodically, for its health.
-- returns: a row for each served namespace, in order. Gaps in the numbers of messages count as steps.
-- cost: two look-ups at the ends of each queue's index, however long the queue is.
create or replace function tasker.backlogs() returns table (namespace_name text, steps bigint)
language plpgsql stable
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_length bigint;
begin
    for namespace_name in
        select n.name from tasker.namespaces n where tasker.is_served(n.name) order by n.name
    loop
        steps := 0;
        for v_priority in 1..4 loop
            execute format(
                'select (select q.msg_id from pgmq.%1$I q order by q.msg_id desc limit 1) - q.msg_id + 1
                 from pgmq.%1$I q where q.last_read_at is null and q.vt <= clock_timestamp()
                 order by q.msg_id limit 1',
                'q_' || tasker.queue_name(namespace_name, v_priority::int2)) into v_length;
            steps := steps + coalesce(v_length, 0);
        end loop;
        return next;
    end loop;
end;
$$;
