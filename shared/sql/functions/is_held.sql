-- Whether a timer with this due time is held because its task is paused, see held_until.
-- called by: fire_timers, end_pause, shown_due. Inlined by the planner.
create or replace function tasker.is_held(p_due_at timestamptz) returns boolean
language sql immutable parallel safe
as $$
    select p_due_at > '2900-01-01 00:00:00+00'::timestamptz
$$;
