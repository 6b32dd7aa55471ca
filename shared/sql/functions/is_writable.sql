-- Whether this session can write: false on a standby, and where transactions are read-only by default.
-- called by: the orchestrator's health.
create or replace function tasker.is_writable() returns boolean
language sql stable
set search_path = ''
as $$
    select not current_setting('transaction_read_only')::boolean
$$;
