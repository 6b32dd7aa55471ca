-- The label that the fewest tasks have, counted up to 1,000.
-- called by: list_tasks. It has no SET options: it runs under those of its caller.
-- p_labels: {"team": "a"}, at least one.
create or replace function tasker.rarest_label(p_labels jsonb, out name text, out value text)
language plpgsql stable
as $$
begin
    select l.key, l.value into name, value
    from jsonb_each_text(p_labels) l
    order by (select count(*) from (select from tasker.task_labels o
                                    where o.name = l.key and o.value = l.value limit 1000) x), l.key
    limit 1;
end;
$$;
