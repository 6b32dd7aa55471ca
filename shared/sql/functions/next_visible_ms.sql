-- The milliseconds until a worker can find a step in one of these queues: until the next lease ends, unless
-- a worker extends it; 0 or less if a step is ready now; null if there is no message. Without p_takes_alone,
-- steps that must run alone do not count (decision 0506).
-- called by: an idle worker, because nothing announces that a lease has ended.
-- cost: reads every message of the queues, as a claim that finds nothing does.
create or replace function tasker.next_visible_ms(p_queues text[], p_takes_alone boolean) returns bigint
language plpgsql
set search_path = ''
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
    v_queue text;
    v_one   timestamptz;
    v_first timestamptz;
begin
    foreach v_queue in array p_queues loop
        -- By the index, from the floor, because the heap of a queue that was long is mostly empty pages.
        execute format(
            'select min(m.vt) from (select q.vt from pgmq.%I q
                                    where q.msg_id > (select $1) and (q.read_ct < 2 or $2)
                                    order by q.msg_id offset 0) m', 'q_' || v_queue)
        into v_one
        using coalesce((nullif(current_setting('tasker.floor_' || v_queue, true), '')::text[])[1]::bigint, 0),
              p_takes_alone;
        v_first := least(v_first, v_one);
    end loop;
    return ceil(extract(epoch from v_first - clock_timestamp()) * 1000)::bigint;
end;
$$;
