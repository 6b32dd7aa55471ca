-- Whether a step that loses its present lease has lost its worker for the 10th time while it ran alone (decision 0506).
-- The step is in_progress, and its lease has ended.
-- called by: lease_steps, fail_killers. No SET options, so that the planner inlines it.
create or replace function tasker.has_no_lease_left(
    p_lost_alone int, p_alone boolean, p_started_at timestamptz) returns boolean
language sql immutable parallel safe
as $$
    select p_lost_alone >= 9 and p_alone and p_started_at is not null
$$;
