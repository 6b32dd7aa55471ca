-- Makes a worker known by name and returns its id; a worker that comes back keeps its id.
-- called by: a worker, once when it starts.
-- locks: new namespaces (by name), then the worker's row.
-- raises: TK001 for a bad name or namespace.
create or replace function tasker.register_worker(p_name text, p_namespaces text[]) returns int
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
    perform tasker.ensure_namespace(o.n) from (select n from unnest(p_namespaces) n order by n) o;

    v_now := tasker.clock();
    insert into tasker.workers as w (name, namespaces, started_at, last_seen_at)
    values (p_name, p_namespaces, v_now, v_now)
    on conflict (name) do update set namespaces = excluded.namespaces, started_at = excluded.started_at,
                                     last_seen_at = excluded.last_seen_at
    returning w.worker_id into v_id;
    return v_id;
end;
$$;
