-- The priority of a queue; the reverse of queue_name. Null if that is null.
-- called by: advance_dynamic. No SET options, so that the planner inlines it.
create or replace function tasker.queue_priority(p_queue text) returns int2
language sql immutable parallel safe
as $$
    select case pg_catalog.right(p_queue, 4) when '__p1' then 1 when '__p3' then 3 when '__p4' then 4
                                             else case when p_queue is not null then 2 end end::int2
$$;
