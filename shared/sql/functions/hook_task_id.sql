-- The id of the hook task of a task that ended: always the same, and ordered by the time of its creation (RFC 9562,
-- version 7).
-- called by: run_hooks.
create or replace function tasker.hook_task_id(p_task_id uuid, p_finished_at timestamptz) returns uuid
language sql stable
as $$
    select (lpad(to_hex((extract(epoch from p_finished_at) * 1000)::bigint), 12, '0') || '7' || substr(h.digest, 14, 3)
            || '8' || substr(h.digest, 18))::uuid
    from (select md5('hook of ' || p_task_id)) h(digest)
$$;
