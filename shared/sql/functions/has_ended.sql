-- Whether a task can no longer run: it failed, is complete or was cancelled.
-- called by: begin_roots, cancel_siblings, cancel_tasks, finish_step, keep_signal, lease_steps, update_tasks.
--   Inlined by the planner.
create or replace function tasker.has_ended(p_state tasker.task_state) returns boolean
language sql immutable parallel safe
as $$
    select p_state not in ('pending', 'running', 'waiting')
$$;
