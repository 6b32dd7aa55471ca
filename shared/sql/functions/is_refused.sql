-- Whether a step with this error failed because the budget was exhausted when it became ready.
-- called by: tasks_that_fail, end_items, end_waits, task_rows, child_error, judge_children, steps_to_retry,
--   last_failures, failures_of. Inlined by the planner.
create or replace function tasker.is_refused(p_error json) returns boolean
language sql immutable parallel safe
as $$
    select coalesce(p_error ->> 'type', '') = 'budget_exhausted'
$$;
