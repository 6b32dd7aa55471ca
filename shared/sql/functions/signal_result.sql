-- The result of a step that has its signals: {"payload", "by", "at"}; with `quorum` {"payloads": […], "by": […], "at"},
-- in the order of their arrival, with the time of the last. It has no SET options: it runs under those of its callers.
-- called by: signal_task, begin_signals, fire_deadlines, deliver_keyed_signal.
-- p_signal: `signal` of the step in the template. p_value, p_at: payload and time if there is no signal.
create or replace function tasker.signal_result(
    p_task_id uuid, p_step_no int, p_signal json, p_value json default null, p_at timestamptz default null)
returns json
language plpgsql stable
as $$
begin
    if p_signal -> 'quorum' is not null then
        return (select json_build_object(
                           'payloads', coalesce(json_agg(g.payload order by g.received_at, g.key), '[]'),
                           'by', coalesce(json_agg(g.sender order by g.received_at, g.key), '[]'),
                           'at', tasker.utc_text(coalesce(p_at, max(g.received_at))))
                from tasker.signals g where g.task_id = p_task_id and g.step_no = p_step_no);
    end if;
    return (select json_build_object('payload', coalesce(g.payload, p_value), 'by', g.sender,
                                     'at', tasker.utc_text(coalesce(g.received_at, p_at)))
            from (select 1) one
            left join lateral (
                select * from tasker.signals g
                where g.task_id = p_task_id and g.step_no = p_step_no offset 0) g on true);
end;
$$;
