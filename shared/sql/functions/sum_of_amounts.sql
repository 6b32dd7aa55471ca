-- The amounts of two JSON objects, {"<unit>": <amount>, …}, together. An amount is at most 10^15, and the object has at
-- most 100 units: further ones are ignored.
-- called by: add_spending. It has no SET options: it runs under those of its callers.
create or replace function tasker.sum_of_amounts(p_first jsonb, p_second jsonb) returns jsonb
language plpgsql immutable
as $$
begin
    return (
        select jsonb_object_agg(a.unit, a.amount)
        from (select u.unit, least(sum(u.amount), 1000000000000000) as amount
              from (select e.key, e.value::numeric, 1 from jsonb_each_text(coalesce(p_first, '{}')) e
                    union all select e.key, e.value::numeric, 2 from jsonb_each_text(p_second) e) u(unit, amount, place)
              group by u.unit order by min(u.place), u.unit limit 100) a);
end;
$$;
