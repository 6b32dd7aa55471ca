-- Whether a skipped step was skipped because another one ended the run of the task. A step that was not enqueued and
-- whose parents had all ended was skipped by its join or its condition, and so was a root that is older than the start
-- of that other step.
-- called by: step_reason, steps_to_retry, steps_taken_over. Inlined by the planner.
-- p_began: when the other step started. The others are columns of the skipped step.
create or replace function tasker.is_skipped_by_end(
    p_dynamic boolean, p_enqueued_at timestamptz, p_finished_at timestamptz, p_parents_done int, p_parents_total int,
    p_began timestamptz) returns boolean
language sql immutable parallel safe
as $$
    select not p_dynamic
           or p_finished_at >= p_began and (p_enqueued_at is not null or p_parents_done < p_parents_total)
$$;
