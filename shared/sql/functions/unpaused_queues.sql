-- Of these queues, those whose namespaces are not paused. It has no SET options: it runs under
-- those of its caller.
-- called by: claim_steps, if something is paused.
-- returns: the queues in their order; never null.
-- locks: pauses_lock, shared, until the end of the transaction.
create or replace function tasker.unpaused_queues(p_queues text[]) returns text[]
language plpgsql
as $$
declare
    v_paused text[];
begin
    perform pg_advisory_xact_lock_shared(tasker.pauses_lock());
    v_paused := array(
        select tasker.queue_name(n.name, p::int2)
        from unnest(tasker.paused_namespaces()) n(name) cross join generate_series(1, 4) p);
    return array(select u.queue from unnest(p_queues) with ordinality u(queue, n)
                 where u.queue <> all (v_paused) order by u.n);
end;
$$;
