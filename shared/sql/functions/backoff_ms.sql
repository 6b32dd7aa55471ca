-- The wait before the next attempt, in milliseconds, after p_failures (1, 2, …) failed ones.
-- none: 0 · linear: base × n · exponential: base × 2^(n-1) · fibonacci: base × F(n), F = 1, 1, 2, 3, 5 …
-- (Binet's formula, exact for the n ≤ 70 to which it is bounded); never above p_max_ms.
-- called by: fail_steps, judge_children. The only place of this rule.
create or replace function tasker.backoff_ms(
    p_backoff tasker.backoff, p_base_ms bigint, p_max_ms bigint, p_failures int) returns bigint
language sql immutable strict parallel safe
as $$
    select least(p_max_ms::numeric, p_base_ms::numeric * case p_backoff
        when 'none' then 0
        when 'linear' then p_failures
        when 'exponential' then pg_catalog.power(2::numeric, least(p_failures - 1, 62))
        when 'fibonacci' then
            pg_catalog.round(pg_catalog.power((1 + pg_catalog.sqrt(5::float8)) / 2, least(p_failures, 70))
                             / pg_catalog.sqrt(5::float8))::numeric
    end)::bigint
$$;
