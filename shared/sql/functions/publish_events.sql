-- Publishes the events of steps that just ended. Each is announced by flush_notifications; unless its delivery is
-- `fast`, it is also a message in its namespace's queue of events. The schema of the result is not checked.
-- called by: advance_dynamic, if some of the steps have events; skip_steps. It has no SET options: it runs under those
--   of its callers.
-- p_task_ids, p_step_nos: steps that ended; those that are neither complete nor failed have no events.
-- locks: none; the messages are new.
-- cost: look-ups by key; each message is one insert.
create or replace function tasker.publish_events(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    c_most_bytes constant int := 7999; -- of a notification
    c_most_notes constant int := 4000000; -- bytes of notifications that are not sent yet
    v_events record; -- of a namespace
    v_queue  text;
    v_before text;   -- notifications that are not sent yet
begin
    for v_events in
        select t.namespace,
               string_agg(case when octet_length(e.whole) <= c_most_bytes then e.whole else e.cut end, ','
                          order by s.n, e.n) as notes,
               array_agg(tasker.event_message(e.whole, e.cut) order by s.n, e.n)
                   filter (where e.is_durable) as messages
        from (select r.n, s.*
              from unnest(p_task_ids, p_step_nos) with ordinality r(task_id, step_no, n)
              -- `offset 0`: decision 0113.
              cross join lateral (
                  select * from tasker.steps s
                  where s.task_id = r.task_id and s.step_no = r.step_no offset 0) s
              where s.state in ('complete', 'failed') offset 0) s
        cross join lateral (
            select d.name, d.events from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no and d.events is not null offset 0) d
        cross join lateral (
            select p.namespace,
                   json_build_object('name', p.name, 'namespace', p.namespace, 'version', p.version) as shown
            from tasker.templates p where p.template_id = s.template_id offset 0) t
        cross join lateral (
            select x.n, x.event ->> 'delivery_mode' <> 'fast' as is_durable,
                   tasker.event_text(x.event ->> 'name', t.shown, d.name, s.task_id, s.state, s.finished_at,
                                     s.result, s.error, false) as whole,
                   tasker.event_text(x.event ->> 'name', t.shown, d.name, s.task_id, s.state, s.finished_at,
                                     null, null, true) as cut
            from json_array_elements(d.events) with ordinality x(event, n)
            where x.event ->> 'condition' in (
                'always', case s.state when 'complete' then 'success' else 'failure' end)
            offset 0) e
        group by t.namespace
    loop
        -- A session that never flushes loses notifications.
        v_before := nullif(current_setting('tasker.events', true), '');
        perform set_config('tasker.events', concat_ws(
            ',', case when octet_length(v_before) < c_most_notes then v_before end, v_events.notes), false);
        v_queue := tasker.event_queue(v_events.namespace);
        -- A queue that was dropped must not fail the reports of steps.
        if v_events.messages is not null and to_regclass('pgmq.q_' || v_queue) is not null then
            perform pgmq.send_batch(v_queue, v_events.messages);
        end if;
    end loop;
end;
$$;
