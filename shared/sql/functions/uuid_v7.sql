-- A time-ordered UUID (RFC 9562, version 7) for tasks that are made in SQL; clients make their own.
-- called by: create_task, create_children, signal_by_key, signal_task, rerun_task.
create or replace function tasker.uuid_v7() returns uuid
language sql volatile
set search_path = ''
as $$
    -- A random UUID (version 4) with the time in its first 48 bits, and bits 52 and 53 set: version 7.
    select encode(set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid())
                placing substring(int8send((extract(epoch from tasker.clock()) * 1000)::bigint) from 3)
                from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid
$$;
