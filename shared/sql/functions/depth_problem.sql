-- The error of a step whose child tasks would be nested too deep; null if they may be created.
-- called by: start_children, check_answers, run_hooks.
-- p_depth: of the parent; null for a root.
create or replace function tasker.depth_problem(p_depth int) returns json
language sql immutable
as $$
    select case when p_depth >= 20
           then '{"type": "too_deep", "message": "child tasks may be nested at most 20 deep"}'::json end
$$;
