-- Makes the functions that read one queue's table.
--   tasker_queues.read_<queue>: leases the lowest messages behind p_after; null if there are none.
--     The read_ct of a visible message is the number of leases it has lost. Of those that lost one, it takes
--     p_suspects at most; of those that lost more, only the lowest (`alone`). With a negative p_suspects it
--     takes none of the latter, and the amount limits the former. With 0 it takes neither (decision 0506).
--   tasker_queues.first_<queue>: the lowest number behind p_after of a message, leased or not, or of a
--     message that a timer will send again.
-- called by: make_queue_functions.
create or replace function tasker.add_queue_readers(p_queue text) returns void
language plpgsql
set search_path = ''
as $make$
begin
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.read_:queue(
            p_after bigint, p_quantity int, p_lease_s int, p_suspects int,
            out msg_ids bigint[], out task_ids text[], out step_nos text[], out again boolean,
            out alone bigint)
        language plpgsql as $body$
        declare
            v_lost int[];
            v_now  timestamptz;
        begin
            -- The sub-select hides the number from the planner, which would look up the least msg_id to
            -- judge it, behind all dead entries at the queue's head, if it planned for this number.
            select array_agg(m.msg_id), array_agg(m.message ->> 'task_id'),
                   array_agg(m.message ->> 'step_no'), array_agg(m.read_ct)
            into msg_ids, task_ids, step_nos, v_lost
            from (select q.msg_id, q.read_ct, q.message from pgmq.q_:queue q
                  where q.vt <= clock_timestamp() and q.msg_id > (select p_after)
                    and (q.read_ct = 0 or p_suspects > 0 or (q.read_ct = 1 and p_suspects < 0))
                  order by q.msg_id limit p_quantity for update skip locked) m;
            again := 0 < any (v_lost);
            if again then
                select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no),
                       min(m.msg_id) filter (where m.lost = 2)
                into msg_ids, task_ids, step_nos, alone
                from (select u.*, row_number() over (partition by u.lost order by u.msg_id) as place
                      from (select i.msg_id, i.task_id, i.step_no, least(i.lost, 2) as lost
                            from unnest(msg_ids, task_ids, step_nos, v_lost)
                                     i(msg_id, task_id, step_no, lost)) u
                      order by u.msg_id) m
                where m.place <= case m.lost when 0 then p_quantity when 1 then abs(p_suspects) else 1 end;
            end if;
            if msg_ids is not null then
                v_now := clock_timestamp();
                update pgmq.q_:queue q
                set vt = v_now + make_interval(secs => p_lease_s), last_read_at = v_now,
                    read_ct = q.read_ct + 1
                where q.msg_id = any (msg_ids);
            end if;
        end $body$ $$);
    perform tasker.add_queue_function(p_queue, $$
        create or replace function tasker_queues.first_:queue(p_after bigint) returns bigint
        language plpgsql as $body$
        begin
            return least(
                (select q.msg_id from pgmq.q_:queue q where q.msg_id > (select p_after)
                 order by q.msg_id limit 1),
                (select t.msg_id from tasker.timers t where t.queue = ':queue' and t.msg_id > (select p_after)
                 order by t.msg_id limit 1));
        end $body$ $$);
end;
$make$;
