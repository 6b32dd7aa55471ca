-- Checks who sends a signal, and its idempotency key.
-- called by: signal_task, signal_by_key, check_reason, rerun_task.
-- raises: TK001.
create or replace function tasker.check_sender(p_by text, p_key text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
    if octet_length(p_by) not between 1 and 200 then
        raise exception 'by: must have 1 to 200 bytes, not %', octet_length(p_by) using errcode = 'TK001';
    end if;
    if octet_length(p_key) not between 1 and 255 then
        raise exception 'idempotency_key: must have 1 to 255 bytes, not %', octet_length(p_key)
            using errcode = 'TK001';
    end if;
end;
$$;
