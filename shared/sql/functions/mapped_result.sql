-- The result of a complete task whose template has a `result`: its parts with the values of their places.
-- p_parts: templates.result. p_context: the task's context.
-- returns: null where the results and contexts that it reads are larger together than joined_bytes_limit(), or have
--   text with \u0000, which PostgreSQL cannot read.
-- called by: task_rows.
-- cost: a primary-key look-up for each part.
create or replace function tasker.mapped_result(p_task_id uuid, p_parts json, p_context json) returns json
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_text text;
begin
    with parts as materialized (
        select e.n, x.literal, x.path, x.whole, x.otherwise,
               case when x.path is null then null
                    when x.step_no is null then p_context
                    else (select s.result from tasker.steps s
                          where s.task_id = p_task_id and s.step_no = x.step_no and s.state = 'complete') end as source
        from json_array_elements(p_parts) with ordinality e(part, n)
        cross join lateral json_to_record(e.part)
            x(literal text, step_no int, path text[], whole boolean, otherwise text)
    ), size as materialized (
        select coalesce(sum(octet_length(p.source::text)), 0) as bytes from parts p
    )
    select case when s.bytes <= tasker.joined_bytes_limit() then (
        select string_agg(
            p.literal || case
                when p.path is null then ''
                when p.whole then v.value
                when v.value like '"%' then substr(v.value, 2, length(v.value) - 2)
                else (select substr(q, 2, length(q) - 2) from (values (to_json(v.value)::text)) t(q)) end,
            '' order by p.n)
        from parts p
        cross join lateral (
            select coalesce(nullif(btrim((p.source #> p.path)::text, E' \n\r\t'), 'null'),
                            p.otherwise, 'null') as value) v) end
    into v_text
    from size s;
    return v_text::json;
exception when untranslatable_character then
    return null;
end;
$$;
