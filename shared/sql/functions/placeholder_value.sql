-- The value that a placeholder names: ${context/order/id}, ${parents/step/total}, ${item/name}, ${index}, ${iteration}
-- or ${previous/name}, with a JSON pointer (RFC 6901) after the first word, and by `:-` a default for a value that is
-- null or does not exist: JSON, or else a text.
-- called by: sleep_end, fill_placeholders, placeholder_values. It has no SET options: it runs under those of its
--   callers.
-- p_item: of an item of a map, see tasker.steps; of a step with `repeat`, see repetition.
-- returns: null if there is no such value and no default.
create or replace function tasker.placeholder_value(
    p_placeholder text, p_context json, p_parents json, p_item json default null) returns json
language plpgsql immutable
as $$
declare
    v_inside text := substr(p_placeholder, 3, length(p_placeholder) - 3);
    v_cut    int := strpos(v_inside, ':-');
    v_words  text[];
    v_value  json;
begin
    v_words := array(
        select replace(replace(w.word, '~1', '/'), '~0', '~')
        from string_to_table(case when v_cut > 0 then left(v_inside, v_cut - 1) else v_inside end, '/')
                 with ordinality w(word, n)
        order by w.n);
    v_value := (case v_words[1] when 'context' then p_context when 'parents' then p_parents
                     else p_item -> v_words[1] end) #> v_words[2:];
    if v_cut > 0 and coalesce(json_typeof(v_value), 'null') = 'null' then
        begin
            return substr(v_inside, v_cut + 2)::json;
        exception when invalid_text_representation then
            return to_json(substr(v_inside, v_cut + 2));
        end;
    end if;
    return v_value;
end;
$$;
