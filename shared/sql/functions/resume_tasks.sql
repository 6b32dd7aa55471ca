-- Ends a pause of pause_tasks with the same p_namespace and p_template. Other pauses stay.
-- called by: the orchestrator (POST /v1/resume); users.
-- returns: whether this call ended a pause; false: there was none.
-- locks: see end_pause.
-- raises: TK001 bad arguments; TK002 no such namespace or template.
create or replace function tasker.resume_tasks(
    p_namespace text, p_template text, p_reason text default null, p_by text default null, out resumed boolean)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
begin
    perform tasker.check_reason(p_by, p_reason);
    resumed := tasker.end_pause(tasker.paused_namespace(p_namespace, p_template), p_template, null);
end;
$$;
