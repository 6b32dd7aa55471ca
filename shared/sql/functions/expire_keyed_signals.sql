-- Deletes signals with correlation keys that are older than 24 hours, at most 100, so that each call of signal_by_key
-- deletes more than it adds.
-- called by: signal_by_key. It has no SET options: it runs under those of its caller.
-- locks: the signals (skip locked).
create or replace function tasker.expire_keyed_signals() returns void
language plpgsql
as $$
declare
    v_until timestamptz := tasker.clock() - interval '24 hours';
begin
    with old as materialized (
        select k.namespace_id, k.name, k.key, k.idempotency_key from tasker.keyed_signals k
        where k.received_at <= v_until
        order by k.received_at limit 100
        for update skip locked
    )
    delete from tasker.keyed_signals k using old
    where k.namespace_id = any (array[old.namespace_id]) and k.name = old.name and k.key = old.key
      and k.idempotency_key = old.idempotency_key;
end;
$$;
