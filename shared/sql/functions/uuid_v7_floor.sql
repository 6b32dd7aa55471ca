-- The smallest version 7 UUID of a time; the extreme UUIDs for infinite times.
-- called by: list_tasks, prune_tasks, find_dead_letters. Clients' clocks make task ids: leave room for their skew.
create or replace function tasker.uuid_v7_floor(p_at timestamptz) returns uuid
language sql immutable strict parallel safe
set search_path = ''
as $$
    select case
        when p_at = '-infinity' then '00000000-0000-0000-0000-000000000000'
        when p_at = 'infinity' then 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        else encode(substring(int8send(greatest(0, extract(epoch from p_at) * 1000)::bigint) from 3), 'hex')
             || '00000000000000000000'
    end::uuid
$$;
