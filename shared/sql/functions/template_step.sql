-- The number in the template of a step, or of the step whose item this is (see tasker.steps).
-- called by: claimed_rows, fail_steps, finish_step, end_items, check_answers, start_children, judge_children,
--   end_waits, queues_of, task_rows, failures_of, step_reason, explain_task, steps_to_retry, end_runs, mark_ended,
--   refused_steps, ready_steps, diagnose_handlers, lost_steps, steps_taken_over, cancel_children, move_task, stop_step,
--   tasks_to_move. No SET options, so that the planner inlines it.
create or replace function tasker.template_step(p_step_no int) returns int
language sql immutable parallel safe
as 'select p_step_no % 10000';
