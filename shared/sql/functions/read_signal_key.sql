-- The correlation key of a step: the value of `signal.key` over the results of its complete parents and the context of
-- its task.
-- called by: take_kept_signals, and tasker.testing in Python. It has no SET options: it runs under those of its
--   callers.
-- p_parents: {"<parent's name>": <its result>, …}; null if they are too large.
-- returns: the key, or the error of the step.
create or replace function tasker.read_signal_key(
    p_path text, p_parents json, p_context json, out key text, out error json)
language plpgsql stable
as $$
declare
    v_found jsonb;
begin
    if p_parents is null then
        error := '{"type": "signal_key", "message": "the results of the parents are too large"}';
        return;
    end if;
    v_found := jsonb_path_query_array(
        p_parents::jsonb, p_path::jsonpath, jsonb_build_object('context', p_context::jsonb), silent => true);
    if jsonb_array_length(v_found) = 1 and jsonb_typeof(v_found -> 0) in ('string', 'number', 'boolean')
       and octet_length(v_found ->> 0) between 1 and 255 then
        key := v_found ->> 0;
    else
        error := json_build_object(
            'type', 'signal_key',
            'message', format('signal.key must be a text or a number with 1 to 255 bytes, not %s',
                              left(case when v_found = '[]' then 'nothing'
                                        when jsonb_array_length(v_found) = 1 then (v_found -> 0)::text
                                        else v_found::text end, 200)));
    end if;
exception when others then -- it must not fail the reports of other steps
    error := json_build_object(
        'type', 'signal_key', 'message', format('signal.key cannot read its values: %s', sqlerrm));
end;
$$;
