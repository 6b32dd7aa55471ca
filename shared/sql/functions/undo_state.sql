-- The state of an undo step as the API shows it: `not_run` if another one, which comes first, failed.
-- called by: undo_view, list_compensation. Inlined by the planner.
-- p_state: null if it has no row. p_compensation: of the task.
create or replace function tasker.undo_state(p_state tasker.step_state, p_compensation tasker.compensation_state)
returns text
language sql immutable parallel safe
as $$
    select case when p_state is not null and p_state not in ('pending', 'cancelled') then p_state::text
                when p_compensation in ('complete', 'failed') then 'not_run'
                else 'pending' end
$$;
