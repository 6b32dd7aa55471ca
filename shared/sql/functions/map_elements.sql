-- The list that a step maps over.
-- A path that selects (`[*]`, `.*` or a filter) yields the elements, however many there are; any other path must
-- yield one array.
-- called by: begin_maps, and tasker.testing in Python. It has no SET options: it runs under those of its caller.
-- p_parents: {"<parent's name>": <its result>, …}, null if they are too large.
-- returns: the elements, or the error of the step.
create or replace function tasker.map_elements(
    p_over jsonpath, p_parents json, p_context json, out elements jsonb, out error json)
language plpgsql stable
as $$
declare
    c_most       constant int := 100000;
    c_most_bytes constant int := 1048576;
    v_sizes      record;
begin
    if p_parents is null then
        error := '{"type": "map_error", "message": "the results of the parents are too large"}';
        return;
    end if;
    elements := jsonb_path_query_array(
        p_parents::jsonb, p_over, jsonb_build_object('context', p_context::jsonb), silent => true);
    if regexp_replace(p_over::text, '"([^"\\]|\\.)*"', '""', 'g') !~ '\*|\?' then
        elements := case when jsonb_array_length(elements) = 1 and jsonb_typeof(elements -> 0) = 'array'
                         then elements -> 0 end;
    end if;
    if elements is null then
        error := json_build_object('type', 'not_an_array', 'message', format('%s is no array', p_over));
        return;
    end if;
    if jsonb_array_length(elements) > c_most then
        error := json_build_object('type', 'too_many_items', 'message', format(
            'a map takes at most %s elements, not %s', c_most, jsonb_array_length(elements)));
        return;
    end if;
    select sum(octet_length(e.element::text)) as all_bytes,
           min(e.n) filter (where octet_length(e.element::text) > c_most_bytes) as large
    into v_sizes
    from jsonb_array_elements(elements) with ordinality e(element, n);
    if v_sizes.large is not null then
        error := json_build_object('type', 'item_too_large', 'message', format(
            'element %s is larger than %s bytes', v_sizes.large - 1, c_most_bytes));
    elsif v_sizes.all_bytes > tasker.joined_bytes_limit() then
        error := json_build_object('type', 'item_too_large', 'message', format(
            'the elements are larger together than %s bytes', tasker.joined_bytes_limit()));
    end if;
exception when others then -- a map must not fail the reports of other steps
    error := json_build_object(
        'type', 'map_error', 'message', format('the map cannot read its values: %s', sqlerrm));
end;
$$;
