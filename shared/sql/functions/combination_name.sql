-- The name of a combination of a matrix: "os=mac, version=2", its names in alphabetical order.
-- called by: list_items. It has no SET options: it runs under those of its caller.
create or replace function tasker.combination_name(p_combination json) returns text
language plpgsql immutable
as $$
begin
    return (select string_agg(m.key || '=' || m.value, ', ' order by m.key collate "C")
            from json_each_text(p_combination) m(key, value));
end;
$$;
