-- Gives a signal with a correlation key to the steps that waited for it when it came. It has no SET options: it runs
-- under those of its caller.
-- called by: signal_by_key.
-- returns: how many received it; whether p_limit may have left some out.
-- locks: the steps (task_id, step_no), then as end_waits.
-- moves: step waiting -> complete; then as end_waits.
create or replace function tasker.deliver_keyed_signal(
    p_signal tasker.keyed_signals, p_limit int, out delivered int, out more boolean)
language plpgsql
as $$
declare
    v_held record;
begin
    with chosen as materialized (
        select w.task_id, w.step_no from tasker.signal_waits w
        where w.namespace_id = p_signal.namespace_id and w.name = p_signal.name and w.key = p_signal.key
          and w.since <= p_signal.received_at
        order by w.task_id, w.step_no limit p_limit
    ), held as materialized (
        select s.task_id, s.step_no, s.template_id
        from chosen c
        join tasker.steps s on s.task_id = any (array[c.task_id]) and s.step_no = c.step_no
        where s.state = 'waiting'
        for update of s
    ), stored as (
        insert into tasker.signals (task_id, step_no, key, received_at, sender, payload)
        select h.task_id, h.step_no, p_signal.idempotency_key, p_signal.received_at, p_signal.sender, p_signal.payload
        from held h
    )
    select array_agg(h.task_id) as tasks, array_agg(h.step_no) as steps, array_agg(h.template_id) as templates,
           (select count(*) from chosen) = p_limit as is_full
    into v_held from held h;
    delivered := coalesce(cardinality(v_held.tasks), 0);
    more := v_held.is_full;
    if delivered = 0 then
        return;
    end if;
    perform tasker.end_waits(
        v_held.tasks, v_held.steps, array_fill('complete'::tasker.step_state, array[delivered]),
        array(select tasker.signal_result(h.task_id, h.step_no, d.signal)::text
              from unnest(v_held.tasks, v_held.steps, v_held.templates) with ordinality h(task_id, step_no, template_id, n)
              cross join lateral (
                  select * from tasker.template_steps d
                  where d.template_id = h.template_id and d.step_no = h.step_no offset 0) d
              order by h.n));
    perform tasker.forget_waits(v_held.tasks, v_held.steps);
end;
$$;
