-- Makes the seven functions through which the hot path reads and writes one queue's table. A function
-- that takes the queue's name as data has to plan its statements anew at each call, for four times what
-- they take (decision 0112). The settings that they are planned under are those of their callers.
--   tasker_queues.read_<queue>: leases the lowest messages behind p_after; null if there are none.
--     The read_ct of a visible message is the number of leases it has lost. Of those that lost one, it takes
--     p_suspects at most; of those that lost more, only the lowest (`alone`). With a negative p_suspects it
--     takes none of the latter, and the amount limits the former. With 0 it takes neither (decision 0506).
--   tasker_queues.first_<queue>: the lowest number behind p_after of a message, leased or not, or of a
--     message that a timer will send again.
--   tasker_queues.replace_<queue>: gives leased messages to other steps, leased anew (decision 0104).
--   tasker_queues.set_vt_<queue>: renews the leases of messages; with 0 s it returns them, as if they
--     had not been leased.
--   tasker_queues.delete_<queue>: deletes messages.
--   tasker_queues.send_<queue>: adds messages for steps, and returns their numbers; leased already if
--     p_lease_s is above 0.
--   tasker_queues.resend_<queue>: adds messages that were in the queue before, with their old numbers, or
--     with new ones if the queue was created again and has others with these numbers.
-- called by: ensure_namespace; and below, for all queues, whenever the functions are replaced.
create or replace function tasker.make_queue_functions(p_queue text) returns void
language plpgsql
set search_path = ''
as $make$
declare
    v_text text;
begin
    if p_queue !~ '^[a-z0-9_]+$' then
        raise exception 'queue "%" must be a name of a-z, 0-9 and _', p_queue using errcode = 'TK001';
    end if;
    foreach v_text in array array[
        $$create or replace function tasker_queues.read_:queue(
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
          end $body$ $$,
        $$create or replace function tasker_queues.first_:queue(p_after bigint) returns bigint
          language plpgsql as $body$
          begin
              return least(
                  (select q.msg_id from pgmq.q_:queue q where q.msg_id > (select p_after)
                   order by q.msg_id limit 1),
                  (select t.msg_id from tasker.timers t where t.queue = ':queue' and t.msg_id > (select p_after)
                   order by t.msg_id limit 1));
          end $body$ $$,
        -- By `any`, not by a join: no estimate, however wrong, can then lead to a scan of the queue.
        $$create or replace function tasker_queues.replace_:queue(
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
          end $body$ $$,
        $$create or replace function tasker_queues.set_vt_:queue(p_msg_ids bigint[], p_lease_s int)
          returns void language plpgsql as $body$
          declare
              v_vt timestamptz := clock_timestamp() + make_interval(secs => p_lease_s);
          begin
              update pgmq.q_:queue q
              set vt = v_vt, read_ct = q.read_ct - (p_lease_s = 0)::int
              where q.msg_id = any (p_msg_ids);
          end $body$ $$,
        $$create or replace function tasker_queues.delete_:queue(p_msg_ids bigint[])
          returns void language plpgsql as $body$
          begin
              delete from pgmq.q_:queue q where q.msg_id = any (p_msg_ids);
          end $body$ $$,
        $$create or replace function tasker_queues.send_:queue(
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
          end $body$ $$,
        -- last_read_at: it is not a new message for backlogs().
        $$create or replace function tasker_queues.resend_:queue(
              p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[])
          returns void language plpgsql as $body$
          declare
              v_now timestamptz := clock_timestamp();
          begin
              with message as (
                  select m.msg_id, jsonb_build_object('task_id', m.task_id, 'step_no', m.step_no) as message
                  from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
              ), sent as (
                  insert into pgmq.q_:queue (msg_id, vt, last_read_at, message) overriding system value
                  select m.msg_id, v_now, v_now, m.message from message m
                  on conflict (msg_id) do nothing
                  returning msg_id)
              insert into pgmq.q_:queue (vt, last_read_at, message)
              select v_now, v_now, m.message from message m
              where m.msg_id <> all (array(select s.msg_id from sent s));
          end $body$ $$]
    loop
        v_text := replace(v_text, ':queue', p_queue);
        begin
            execute v_text;
        exception when invalid_function_definition then
            -- A function of another build with another return type.
            execute 'drop function ' || substring(v_text from 'function ([^(]+)');
            execute v_text;
        end;
    end loop;
end;
$make$;

do $$
declare
    v_namespace text;
begin
    lock table tasker.namespaces in share row exclusive mode; -- none is being made by another build
    for v_namespace in select n.name from tasker.namespaces n loop
        for v_priority in 1..4 loop
            perform tasker.make_queue_functions(tasker.queue_name(v_namespace, v_priority::int2));
        end loop;
    end loop;
end;
$$;
