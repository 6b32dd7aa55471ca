-- The result of a step with `map` or `matrix`: the results of its items in their order, null for those that are not
-- complete. It has no SET options: see end_items.
-- called by: end_map; claimed_rows, for the handler that undoes a map that failed or was cancelled.
-- cost: reads all items.
create or replace function tasker.items_result(p_task_id uuid, p_step_no int) returns json
language plpgsql stable
as $$
begin
    return ((
        select '[' || string_agg(
                   case when m.batch_size = 1 then coalesce(s.result::text, 'null')
                        when json_typeof(s.result) = 'array' then (
                            select string_agg(e.value::text, ',' order by e.n)
                            from json_array_elements(s.result) with ordinality e(value, n))
                        else (select string_agg('null', ',') from json_array_elements(s.item -> 'items')) end,
                   ',' order by i) || ']'
        from tasker.maps m
        cross join lateral generate_series(0, m.items_total - 1) i
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = p_task_id and s.step_no = tasker.item_step(p_step_no, i) offset 0) s
        where m.task_id = p_task_id and m.step_no = p_step_no)::json);
end;
$$;
