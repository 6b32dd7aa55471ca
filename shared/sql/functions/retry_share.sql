-- The share of a step's backoff that its next retry waits: 1, or with jitter between 0.8 and 1, so that steps that fail
-- together are not all retried together.
-- called by: fail_steps, judge_children. Inlined by the planner.
create or replace function tasker.retry_share(p_jitter boolean) returns double precision
language sql volatile parallel safe
as $$
    select case when p_jitter then 1 - 0.2 * pg_catalog.random() else 1 end
$$;
