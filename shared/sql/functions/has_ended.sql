-- Whether a task can no longer run: it failed, is complete or was cancelled.
-- called by: begin_roots, cancel_level, cancel_siblings, cancel_tasks, finish_step, has_work, keep_signal, lease_steps,
--   list_compensation, retry_task, erase_task, cancel_children, lock_runs, step_reason, explain_task, lost_steps,
--   rerun_task, resolve_locked.
--   Inlined by the planner.
create or replace function tasker.has_ended(p_state tasker.task_state) returns boolean
language sql immutable parallel safe
as $$
    select p_state not in ('pending', 'running', 'waiting')
$$;
