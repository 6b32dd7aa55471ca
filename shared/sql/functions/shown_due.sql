-- When a timer is due, or was due before it was held (see held_until).
-- called by: end_pause, list_steps, list_signal_waits, explain_step. Inlined by the planner.
create or replace function tasker.shown_due(p_due_at timestamptz) returns timestamptz
language sql immutable parallel safe
as $$
    select case when tasker.is_held(p_due_at) then p_due_at - interval '8760000 hours' else p_due_at end
$$;
