-- A JSON value with the values of the placeholders in its strings, see placeholder_value. A string that is exactly one
-- placeholder becomes the value, of any type. Within a text, strings come without quotes, other values as JSON, and
-- `$${` is a plain `${`.
-- p_known: those of placeholder_values. p_item: see placeholder_value.
-- called by: child_context; itself, for members and items. It has no SET options: it runs under those of its callers.
-- raises: TK008 for a placeholder that is not closed, or has no value.
create or replace function tasker.fill_placeholders(p_value json, p_known json, p_item json) returns json
language plpgsql immutable
as $$
declare
    v_part  text;
    v_found json;
    v_out   text := '';
begin
    if json_typeof(p_value) = 'object' then
        return coalesce((select json_object_agg(m.key, tasker.fill_placeholders(m.value, p_known, p_item))
                         from json_each(p_value) m), '{}');
    elsif json_typeof(p_value) = 'array' then
        return coalesce((select json_agg(tasker.fill_placeholders(i.value, p_known, p_item) order by i.n)
                         from json_array_elements(p_value) with ordinality i(value, n)), '[]');
    elsif json_typeof(p_value) <> 'string' or strpos(p_value #>> '{}', '${') = 0 then
        return p_value;
    end if;
    for v_part in
        select p.words[1] from regexp_matches(p_value #>> '{}', '[$][$][{]|[$][{][^}]*[}]?|[^$]+|[$]', 'g')
                 p(words)
    loop
        if v_part = '$' || '${' then
            v_part := '${';
        elsif left(v_part, 2) = '${' then
            if right(v_part, 1) <> '}' then
                raise exception '"%" has no closing brace', v_part using errcode = 'TK008';
            end if;
            v_found := case when v_part !~ '^[$][{](context|parents)' then tasker.placeholder_value(v_part, null, null, p_item)
                            else p_known -> v_part end;
            if v_found is null then
                raise exception '"%" has no value', v_part using errcode = 'TK008';
            elsif v_part = p_value #>> '{}' then
                return v_found;
            end if;
            v_part := coalesce(v_found #>> '{}', 'null');
        end if;
        v_out := v_out || v_part;
    end loop;
    return to_json(v_out);
end;
$$;
