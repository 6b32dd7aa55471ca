-- Whether a step can no longer run: it is complete, failed, skipped or cancelled. A pending step that will never run
-- has not ended: a retry of its parents can still run it.
-- called by: cancel_level, lock_runs, explain_task, move_task, stop_step. Inlined by the planner.
create or replace function tasker.step_has_ended(p_state tasker.step_state) returns boolean
language sql immutable parallel safe
as $$
    select p_state in ('complete', 'failed', 'cancelled', 'skipped')
$$;
