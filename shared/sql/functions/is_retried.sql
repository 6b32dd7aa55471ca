-- Whether an error of this type is retried by `retry.only` and `retry.except` of a step, null if it lacks them. An
-- error without a type is none of the named ones.
-- called by: fail_steps, judge_children, failures_of. Inlined by the planner.
create or replace function tasker.is_retried(p_only text[], p_except text[], p_type text) returns boolean
language sql immutable parallel safe
as $$
    select (p_only is null or coalesce(p_type = any (p_only), false))
           and (p_except is null or coalesce(p_type <> all (p_except), true))
$$;
