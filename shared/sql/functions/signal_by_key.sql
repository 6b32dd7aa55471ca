-- Sends a signal to all steps that wait for it with this correlation key. If none waits, it is kept for 24 hours for
-- the first step that begins to. Call it last in a transaction: it locks the steps and their tasks until the commit.
-- p_idempotency_key: within 24 hours the same key again changes nothing.
-- called by: the orchestrator (POST /v1/signals/{name}); users.
-- returns: how many steps received it, at most 1,000; more: call again with the same idempotency key for the others;
--   kept: it is kept.
-- locks: the signal's row, the steps (task_id, step_no), their tasks, children (as end_waits); the advisory lock of
--   the key alone, if it is kept.
-- moves: step waiting -> complete; then as end_waits.
-- raises: TK001 bad arguments, TK002 no such namespace.
create or replace function tasker.signal_by_key(
    p_namespace text, p_name text, p_key text, p_payload json default 'null', p_by text default null,
    p_idempotency_key text default null, out delivered int, out more boolean, out kept boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    c_limit     constant int := 1000;
    v_key       text := coalesce(p_idempotency_key, tasker.uuid_v7()::text);
    v_namespace bigint;
    v_is_new    boolean;
    v_signal    tasker.keyed_signals;
    v_now       timestamptz;
begin
    delivered := 0;
    more := false;
    perform tasker.check_sender(p_by, v_key);
    if octet_length(p_key) not between 1 and 255 then
        raise exception 'key: must have 1 to 255 bytes, not %', octet_length(p_key) using errcode = 'TK001';
    end if;
    select n.namespace_id into v_namespace from tasker.namespaces n where n.name = p_namespace;
    if not found then
        raise exception 'there is no namespace "%"', p_namespace using errcode = 'TK002';
    end if;
    perform tasker.expire_keyed_signals();
    insert into tasker.keyed_signals
        (namespace_id, name, key, idempotency_key, received_at, is_kept, sender, payload)
    values (v_namespace, p_name, p_key, v_key, tasker.clock(), false, p_by, coalesce(p_payload, 'null'))
    on conflict do nothing;
    v_is_new := found;
    loop
        select * into v_signal from tasker.keyed_signals k
        where k.namespace_id = v_namespace and k.name = p_name and k.key = p_key and k.idempotency_key = v_key;
        kept := v_signal.is_kept;
        if not kept then
            select d.delivered, d.more into delivered, more from tasker.deliver_keyed_signal(v_signal, c_limit) d;
        end if;
        exit when kept or delivered > 0 or not v_is_new;
        begin
            perform pg_advisory_xact_lock(tasker.signal_lock(v_namespace, p_name, p_key));
            if exists (select from tasker.signal_waits w
                       cross join lateral (select s.state from tasker.steps s
                                           where s.task_id = w.task_id and s.step_no = w.step_no offset 0) s
                       where w.namespace_id = v_namespace and w.name = p_name and w.key = p_key
                         and s.state = 'waiting') then
                raise exception 'a step waits' using errcode = 'TK009';
            end if;
            kept := true;
        exception when sqlstate 'TK009' then
            null; -- the lock is free again
        end;
        v_now := tasker.clock(); -- a step that began to wait meanwhile gets the signal too
        update tasker.keyed_signals k set is_kept = kept, received_at = v_now
        where k.namespace_id = v_namespace and k.name = p_name and k.key = p_key and k.idempotency_key = v_key;
        exit when kept;
    end loop;
end;
$$;
