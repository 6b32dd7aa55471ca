-- Makes a namespace and its four queues, if they are not there.
-- called by: register_template, register_worker.
-- locks: the namespace's row, then PGMQ's queue locks. The DDL touches only tables that this call
--   creates: a call that waited for a concurrent insert returns the existing namespace.
-- raises: TK001 when the name cannot name a queue.
-- PGMQ indexes `vt`, which its own `read` cannot use (it compares with a volatile clock) and which
-- makes every lease a non-HOT update: the index is dropped and the pages get room for HOT updates.
-- Runs as the role that migrated, which owns all queues: the role that serves needs no right to create.
create or replace function tasker.ensure_namespace(p_namespace text) returns bigint
language plpgsql
security definer
set search_path = ''
set enable_seqscan = off
as $$
declare
    v_id    bigint;
    v_queue text;
begin
    select n.namespace_id into v_id from tasker.namespaces n where n.name = p_namespace;
    if found then
        return v_id;
    end if;
    if p_namespace is null or p_namespace !~ '^[a-z][a-z0-9_]{0,31}$' or p_namespace ~ '__|_$' then
        raise exception 'namespace "%" must be 1 to 32 of a-z, 0-9 and single _, begin with a letter and not end with _', p_namespace
            using errcode = 'TK001';
    end if;

    if p_namespace ~ '_domain_events$' then
        raise exception 'namespace "%" must not end with _domain_events: its queue could be that of the events of another one', p_namespace
            using errcode = 'TK001';
    end if;

    insert into tasker.namespaces (name, created_at) values (p_namespace, tasker.clock())
    on conflict (name) do nothing
    returning namespace_id into v_id;
    if not found then
        select n.namespace_id into strict v_id from tasker.namespaces n where n.name = p_namespace;
        return v_id;
    end if;

    for v_queue in select tasker.queue_name(p_namespace, p::int2) from generate_series(1, 4) p loop
        perform pgmq.create(v_queue);
        execute format('drop index if exists pgmq.%I', 'q_' || v_queue || '_vt_idx');
        execute format('alter table pgmq.%I set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05,
                        autovacuum_vacuum_cost_delay = 0)', 'q_' || v_queue);
        perform tasker.make_queue_functions(v_queue);
    end loop;
    return v_id;
end;
$$;
