-- The due time of a timer that is held because its task is paused: 1,000 years later, so that shown_due finds the time
-- at which it was due.
-- called by: park_steps, hold_timers. Inlined by the planner.
create or replace function tasker.held_until(p_due_at timestamptz) returns timestamptz
language sql immutable parallel safe
as $$
    select p_due_at + interval '8760000 hours'
$$;
