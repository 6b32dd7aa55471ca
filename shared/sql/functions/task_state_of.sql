-- The state that a task's counters make, by the only rule there is: while a step is enqueued or in progress it runs;
-- else it waits for retries; else it has finished.
-- called by: update_tasks, finish_step, count_started. Inlined by the planner.
create or replace function tasker.task_state_of(p_active int, p_waiting int, p_failed int)
returns tasker.task_state
language sql immutable parallel safe
as $$
    select case when p_active > 0 then 'running'::tasker.task_state
                when p_waiting > 0 then 'waiting'
                when p_failed > 0 then 'failed'
                else 'complete' end
$$;
