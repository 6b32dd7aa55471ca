-- The advisory lock that sessions share while they take messages and timers of paused tasks aside, so that the end of a
-- pause, which takes it alone, finds all of them. It is the first lock of its transaction.
-- called by: unpaused_queues and fire_timers, only if something is paused; end_pause. No SET options, so that the planner
--   inlines it.
create or replace function tasker.pauses_lock() returns bigint
language sql immutable parallel safe
as $$ select 7021884613926437509::bigint $$;
