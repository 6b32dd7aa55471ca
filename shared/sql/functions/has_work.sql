-- Whether steps of a task can run: it has not ended, or it compensates.
-- called by: lease_steps, return_steps, update_tasks, ready_steps, lost_steps, sweep_tasks. Inlined by the planner.
create or replace function tasker.has_work(p_state tasker.task_state, p_compensation tasker.compensation_state)
returns boolean
language sql immutable parallel safe
as $$
    select not tasker.has_ended(p_state) or p_compensation = 'running'
$$;
