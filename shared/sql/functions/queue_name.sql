-- The PGMQ queue that carries a task's steps: one for each namespace and priority, so that urgent work never waits
-- behind a backlog. Normal priority (2) has the plain name.
-- called by: create_tasks, ensure_namespace, queues_of, backlogs, make_queue_functions, open_tasks,
--   unserved_namespaces, held_steps, diagnose_queues, diagnose_handlers, end_pause, unpaused_queues, lost_steps,
--   delete_messages, move_task. Mirrored by tasker::queue::queue_name.
-- Neither strict nor with a `set` clause, and of immutable parts only, so that the planner inlines it.
create or replace function tasker.queue_name(p_namespace text, p_priority int2) returns text
language sql immutable parallel safe
as $$
    select 'tasker_' || p_namespace
        || case p_priority when 1 then '__p1' when 3 then '__p3' when 4 then '__p4' else '' end
$$;
