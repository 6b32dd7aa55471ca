-- The one source of time: the database's clock, never a host's. Tests replace this function to move
-- time. No `set search_path`: such a function is not inlined, and every statement uses this one.
-- called by: all functions here.
create or replace function tasker.clock() returns timestamptz
language sql volatile parallel safe
as $$ select pg_catalog.clock_timestamp() $$;
