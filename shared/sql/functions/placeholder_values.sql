-- The values of the placeholders in a JSON value, without those that read p_item of placeholder_value:
-- {"${context/id}": 17, …}, see placeholder_value. A placeholder without a value has no member.
-- called by: start_children, and tasker.testing in Python. It has no SET options: it runs under those of its callers.
-- returns: the values, null if there are none; or the error of the step.
-- cost: reads the context or the parents' results once for each of them.
create or replace function tasker.placeholder_values(
    p_value json, p_context json, p_parents json, out known json, out error json)
language plpgsql immutable
as $$
begin
    known := (
        with recursive held(value) as (
            select p_value
            union all
            select i.value
            from held h
            cross join lateral (
                select m.value from json_each(case json_typeof(h.value) when 'object' then h.value end) m
                union all
                select e.value from json_array_elements(case json_typeof(h.value) when 'array' then h.value end) e) i
        )
        select json_object_agg(p.placeholder, p.value)
        from (select n.words[1] as placeholder, tasker.placeholder_value(n.words[1], p_context, p_parents) as value
              from (select distinct m.words
                    from held h
                    cross join lateral regexp_matches(
                        h.value #>> '{}', '[$][$][{]|[$][{](?:context|parents)[^}]*[}]', 'g') m(words)
                    where json_typeof(h.value) = 'string') n
              where n.words[1] <> '$' || '${') p
        where p.value is not null);
exception when others then -- for example text with \u0000; it must not fail the reports of other steps
    error := json_build_object(
        'type', 'invalid_placeholder', 'message', format('workflow.context cannot read its values: %s', sqlerrm));
end;
$$;
