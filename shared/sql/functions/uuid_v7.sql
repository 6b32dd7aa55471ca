-- A time-ordered UUID (RFC 9562, version 7) for tasks that are made in SQL; clients make their own.
-- called by: create_task.
create or replace function tasker.uuid_v7() returns uuid
language sql volatile
set search_path = ''
as $$
    select encode(set_byte(set_byte(
        overlay(decode(replace(gen_random_uuid()::text, '-', ''), 'hex')
                placing substring(int8send((extract(epoch from tasker.clock()) * 1000)::bigint) from 3)
                from 1 for 6),
        6, (get_byte(r.b, 0) & 15) | 112), 8, (get_byte(r.b, 1) & 63) | 128), 'hex')::uuid
    from (select decode(substr(replace(gen_random_uuid()::text, '-', ''), 1, 4), 'hex') as b) r
$$;
