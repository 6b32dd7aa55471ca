-- Those of these tasks whose context has a text, number or boolean at a place, in the order given, at most p_limit.
-- p_pointer: a JSON pointer (RFC 6901), not empty. p_value: the value as text.
-- called by: list_tasks. It has no SET options: it runs under those of its caller.
-- raises: TK001 if fewer are found in the first p_most contexts, or in those that take 64 MiB as stored, and there are
--   more.
-- cost: reads the contexts.
create or replace function tasker.search_contexts(
    p_task_ids uuid[], p_pointer text, p_value text, p_most int, p_limit int)
returns uuid[]
language plpgsql stable
as $$
declare
    c_most_bytes constant bigint := 67108864::bigint;
    v_path  text[] := array(select replace(replace(w.word, '~1', '/'), '~0', '~')
                            from string_to_table(substr(p_pointer, 2), '/') with ordinality w(word, n)
                            order by w.n);
    v_found record;
begin
    with candidates as materialized (
        select t.task_id, t.context, i.n, sum(pg_column_size(t.context)) over (order by i.n) as bytes
        from unnest(p_task_ids) with ordinality i(task_id, n)
        cross join lateral (select * from tasker.tasks t where t.task_id = i.task_id offset 0) t
    )
    select array(select c.task_id from candidates c
                 where c.n <= p_most and c.bytes <= c_most_bytes and tasker.has_value(c.context, v_path, p_value)
                 order by c.n limit p_limit) as ids,
           exists (select from candidates c where c.n > p_most or c.bytes > c_most_bytes) as is_cut
    into v_found;
    if v_found.is_cut and cardinality(v_found.ids) < p_limit then
        raise exception 'context: this would read more than % tasks, or 64 MiB of contexts; add other filters, such as label, name or created_after', p_most
            using errcode = 'TK001';
    end if;
    return v_found.ids;
end;
$$;
