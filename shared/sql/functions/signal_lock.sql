-- The number of the advisory lock of a correlation key. begin_signals shares it, from its look for kept signals to the
-- commit of the wait; signal_by_key holds it alone while it keeps a signal, so that neither misses the other.
-- called by: take_kept_signals, signal_by_key.
create or replace function tasker.signal_lock(p_namespace_id bigint, p_name text, p_key text) returns bigint
language sql immutable parallel safe
as $$
    select hashtextextended(p_namespace_id::text || ' ' || p_name || ' ' || p_key, 7202311)
$$;
