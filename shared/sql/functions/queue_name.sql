-- The PGMQ queue that carries a task's steps: one for each namespace and priority, so that urgent work
-- never waits behind a backlog. Normal priority (2) has the plain name.
-- called by: create_tasks, release_due, ensure_namespace. Mirrored by tasker::queue::queue_name.
create or replace function tasker.queue_name(p_namespace text, p_priority int2) returns text
language sql immutable strict parallel safe
as $$ select 'tasker_' || p_namespace || case p_priority when 2 then '' else '__p' || p_priority end $$;
