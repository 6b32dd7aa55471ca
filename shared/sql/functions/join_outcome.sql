-- What becomes of a step whose parents have all ended, by its join rule and the number of its parents that ended
-- in each way: `run`, `skip`, or `never` (it stays pending, so that a retry of its parents can still run it).
-- p_failed: failed, or will never run. p_allowed: failed with allow_failure.
-- called by: judge_steps, skip_chains. Inlined by the planner.
create or replace function tasker.join_outcome(
    p_rule tasker.join_rule, p_complete bigint, p_skipped bigint, p_failed bigint, p_allowed bigint) returns text
language sql immutable parallel safe
as $$
    select case p_rule
        when 'all_complete' then case when p_failed > 0 then 'never'
                                      when p_skipped + p_allowed > 0 then 'skip' else 'run' end
        when 'none_failed' then case when p_failed > 0 then 'never' else 'run' end
        when 'any_complete' then case when p_complete > 0 then 'run'
                                      when p_failed > 0 then 'never' else 'skip' end
        when 'all_done' then 'run'
        else case when p_failed + p_allowed > 0 then 'run' else 'skip' end
    end
$$;
