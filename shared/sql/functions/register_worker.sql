-- Makes a worker known by name and returns its id. A name belongs to the process that registered it last: a worker
-- that is restarted keeps its id, and serves again.
-- p_slots: how many handlers it runs at a time. p_handlers: their names; {}: unknown. p_instance: see renew_last_seen.
-- called by: a worker, when it starts, and when its row was removed.
-- locks: new namespaces (by name), then the worker's row.
-- raises: TK001 for a bad name, namespace or number, and for too many handlers.
create or replace function tasker.register_worker(
    p_name text, p_namespaces text[], p_slots int default 1, p_handlers text[] default '{}', p_version text default '',
    p_instance bigint default 0) returns int
language plpgsql
set search_path = ''
as $$
declare
    v_id  int;
    v_now timestamptz;
begin
    if coalesce(length(p_name), 0) not between 1 and 200 then
        raise exception 'a worker''s name must have 1 to 200 characters' using errcode = 'TK001';
    end if;
    if p_slots >= 1 is not true then
        raise exception 'slots: must be 1 or more, not %', p_slots using errcode = 'TK001';
    end if;
    if cardinality(p_handlers) > 1000 or octet_length(array_to_string(p_handlers, '')) > 65536 then
        raise exception 'a worker can have at most 1000 handlers, whose names take at most 64 KiB; this one has % (% bytes)',
            cardinality(p_handlers), octet_length(array_to_string(p_handlers, '')) using errcode = 'TK001';
    end if;
    perform tasker.ensure_namespace(o.n) from (select n from unnest(p_namespaces) n order by n) o;

    v_now := tasker.clock();
    insert into tasker.workers as w (
        name, namespaces, slots, handlers, version, instance, started_at, last_seen_at)
    values (p_name, p_namespaces, p_slots, p_handlers, left(p_version, 100), p_instance, v_now, v_now)
    on conflict (name) do update set namespaces = excluded.namespaces, slots = excluded.slots,
                                     handlers = excluded.handlers, version = excluded.version,
                                     instance = excluded.instance, started_at = excluded.started_at,
                                     last_seen_at = excluded.last_seen_at, command = null, ended_at = null
    returning w.worker_id into v_id;
    return v_id;
end;
$$;
