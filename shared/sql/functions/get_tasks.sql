-- The tasks with these ids, in their order; unknown ones are absent.
-- called by: the orchestrator (GET /v1/tasks/{id}, batched).
create or replace function tasker.get_tasks(p_task_ids uuid[]) returns setof tasker.task_view
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
begin
    return query select * from tasker.task_rows(p_task_ids);
end;
$$;
