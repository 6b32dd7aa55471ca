-- Whether a timer is one that fire_children executes.
-- called by: fire_timers. Inlined by the planner.
create or replace function tasker.is_of_a_child(p_kind tasker.timer_kind) returns boolean
language sql immutable parallel safe
as $$
    select p_kind in ('child', 'child_failed', 'again')
$$;
