-- Extends the leases of steps that a worker still holds, by p_lease_s from now.
-- called by: the worker, at a third of the lease.
-- returns: the 1-based ordinals of the steps that are no longer its own (cancelled, finished, or
--   claimed by another after the lease ran out): it should stop working on them.
-- locks: the messages (msg_id).
-- raises: TK001 arrays of different lengths, a lease below 1 s.
create or replace function tasker.extend_leases(
    p_queue text, p_lease_s int, p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_msg_ids bigint[])
returns setof int
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_own bigint[] := array(
        select i.msg_id
        from unnest(p_task_ids, p_step_nos, p_deliveries, p_msg_ids) i(task_id, step_no, delivery, msg_id)
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        where s.delivery = i.delivery and s.state = 'in_progress');
begin
    if (cardinality(p_task_ids) = all (array[
            cardinality(p_step_nos), cardinality(p_deliveries), cardinality(p_msg_ids)])) is not true then
        raise exception 'extend_leases: all arrays must have the same length' using errcode = 'TK001';
    end if;
    if p_lease_s < 1 is not false then
        raise exception 'extend_leases: the lease must be 1 s or more, not %', p_lease_s using errcode = 'TK001';
    end if;
    if cardinality(v_own) > 0 then
        execute format('select tasker_queues.%I($1, $2)', 'set_vt_' || p_queue) using v_own, p_lease_s;
    end if;
    return query
        select i.n::int from unnest(p_msg_ids) with ordinality i(msg_id, n)
        where i.msg_id <> all (v_own) order by i.n;
end;
$$;
