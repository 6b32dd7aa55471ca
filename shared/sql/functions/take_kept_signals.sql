-- For steps that begin to wait for a signal by a correlation key: reads their keys, and gives each the oldest signal
-- that is kept for its key. It has no SET options: it runs under those of its caller.
-- called by: begin_signals.
-- returns: an element for each step, in their order: its key, or its error if it cannot be read; null for a step
--   without a key.
-- locks: the advisory locks of the keys (shared); kept signals (skip locked).
create or replace function tasker.take_kept_signals(
    p_task_ids uuid[], p_step_nos int[], out keys text[], out errors json[])
language plpgsql
as $$
declare
    v_step record;
begin
    keys := array_fill(null::text, array[cardinality(p_task_ids)]);
    errors := array_fill(null::json, array[cardinality(p_task_ids)]);
    for v_step in
        select b.task_id, b.step_no, b.n::int as n, t.namespace_id, d.signal ->> 'name' as name, k.key, k.error
        from unnest(p_task_ids, p_step_nos) with ordinality b(task_id, step_no, n)
        cross join lateral (select * from tasker.tasks o where o.task_id = b.task_id offset 0) o
        cross join lateral (select * from tasker.templates t where t.template_id = o.template_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = o.template_id and d.step_no = b.step_no offset 0) d
        cross join lateral (
            select s.parents_bytes from tasker.steps s
            where s.task_id = b.task_id and s.step_no = b.step_no offset 0) s
        cross join lateral (
            select case when s.parents_bytes <= tasker.joined_bytes_limit()
                        then coalesce(tasker.parent_results(b.task_id, b.step_no), '{}') end as results offset 0) r
        cross join lateral tasker.read_signal_key(d.signal ->> 'key', r.results, o.context) k
        where d.signal -> 'key' is not null
        order by t.namespace_id, d.signal ->> 'name', k.key
    loop
        keys[v_step.n] := v_step.key;
        errors[v_step.n] := v_step.error;
        continue when v_step.key is null;
        perform pg_advisory_xact_lock_shared(tasker.signal_lock(v_step.namespace_id, v_step.name, v_step.key));
        with oldest as materialized (
            select k.idempotency_key from tasker.keyed_signals k
            where k.namespace_id = v_step.namespace_id and k.name = v_step.name and k.key = v_step.key
              and k.is_kept and k.received_at > tasker.clock() - interval '24 hours'
              and not exists (select from tasker.signals g
                              where g.task_id = v_step.task_id and g.step_no = v_step.step_no offset 0)
            order by k.received_at limit 1
            for update skip locked
        ), taken as (
            update tasker.keyed_signals k set is_kept = false
            from oldest o
            where k.namespace_id = v_step.namespace_id and k.name = v_step.name and k.key = v_step.key
              and k.idempotency_key = any (array[o.idempotency_key])
            returning k.idempotency_key, k.received_at, k.sender, k.payload
        )
        insert into tasker.signals (task_id, step_no, key, received_at, sender, payload)
        select v_step.task_id, v_step.step_no, t.idempotency_key, t.received_at, t.sender, t.payload
        from taken t;
    end loop;
end;
$$;
