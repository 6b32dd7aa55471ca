-- The advisory lock that sessions share which want the notifications about finished tasks.
-- called by: want_finished, flush_notifications. No SET options, so that the planner inlines it.
create or replace function tasker.finished_lock() returns bigint
language sql immutable parallel safe
as $$ select 8386658439513792112::bigint $$;
