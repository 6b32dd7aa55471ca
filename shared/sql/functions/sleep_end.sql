-- When a sleep ends.
-- called by: begin_sleeps, and tasker.testing in Python. It has no SET options: it runs under those of its callers.
-- p_sleep: the key `sleep` of the step. p_parents: null if it names none.
-- returns: the time, or the error of the step.
create or replace function tasker.sleep_end(
    p_sleep json, p_now timestamptz, p_context json, p_parents json, out due_at timestamptz, out error json)
language plpgsql stable
as $$
declare
    c_rule constant text := '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$';
    v_until text := p_sleep ->> 'until';
    v_value json;
    v_text  text;
begin
    if v_until is null then
        due_at := p_now + (p_sleep ->> 'seconds')::numeric * interval '1 second';
        return;
    end if;
    if v_until like '${%' then
        begin
            v_value := tasker.placeholder_value(v_until, p_context, p_parents);
        exception when others then -- for example text with \u0000; it must not fail the reports of other steps
            error := json_build_object('type', 'invalid_placeholder',
                                       'message', format('sleep.until cannot read its values: %s', sqlerrm));
            return;
        end;
        if v_value is null then
            error := json_build_object('type', 'invalid_placeholder',
                                       'message', format('sleep.until: %s has no value', v_until));
            return;
        end if;
        v_text := v_value #>> '{}';
    else
        v_text := v_until;
    end if;
    begin
        if v_text ~ c_rule then
            due_at := v_text::timestamptz;
        end if;
    exception when others then -- for example the 30th of February
        due_at := null;
    end;
    if due_at is null then
        error := json_build_object(
            'type', 'invalid_time',
            'message', format('sleep.until must be a time such as 2030-12-01T08:00:00Z, not %s',
                              left(coalesce(v_value::text, v_text), 200)));
    elsif due_at > p_now + interval '10 years' then
        error := json_build_object(
            'type', 'invalid_time', 'message', format('sleep.until must be at most ten years ahead, not %s', v_text));
    end if;
end;
$$;
