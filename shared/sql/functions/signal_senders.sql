-- Who has sent the signals of a step, and when: `from "ada" at 2026-01-31T12:00:00.000000Z`.
-- called by: store_signal, keep_signal. It has no SET options: it runs under those of its callers.
-- returns: null if there are none.
create or replace function tasker.signal_senders(p_task_id uuid, p_step_no int) returns text
language plpgsql stable
as $$
begin
    return (select string_agg(format('from %s at %s', coalesce('"' || g.sender || '"', 'an unnamed sender'),
                                     tasker.utc_text(g.received_at)),
                              ', ' order by g.received_at, g.key)
            from tasker.signals g where g.task_id = p_task_id and g.step_no = p_step_no);
end;
$$;
