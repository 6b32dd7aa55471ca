-- Of these queues, those whose namespaces are not paused. Its other settings are those of its caller.
-- called by: claim_steps, if something is paused.
-- returns: the queues in their order; never null.
-- locks: pauses_lock, shared, until the end of the transaction.
create or replace function tasker.unpaused_queues(p_queues text[]) returns text[]
language plpgsql
set jit = off -- a scan of tasker.pauses has the cost of a disabled one
as $$
declare
    v_paused text[]; -- null: all
begin
    perform pg_advisory_xact_lock_shared(tasker.pauses_lock());
    if exists (select from tasker.pauses x where x.namespace_id is null and x.task_id is null) then
        return '{}'::text[];
    end if;
    v_paused := array(
        select tasker.queue_name(n.name, p::int2)
        from tasker.pauses x
        join tasker.namespaces n on n.namespace_id = any (array[x.namespace_id])
        cross join generate_series(1, 4) p
        where x.template is null and x.task_id is null);
    return array(select u.queue from unnest(p_queues) with ordinality u(queue, n)
                 where u.queue <> all (v_paused) order by u.n);
end;
$$;
