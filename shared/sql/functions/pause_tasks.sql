-- Pauses all tasks of a template, of a namespace, or everything (decision 0135), also those that are created later; see
-- pause_task.
-- p_namespace: null for everything. p_template: the name of a template of this namespace, in all its versions; null for
--   all. p_by: who pauses them. p_reason: why.
-- called by: the orchestrator (POST /v1/pause); users.
-- returns: whether this call paused them; false: they were paused before.
-- raises: TK001 bad arguments; TK002 no such namespace or template.
create or replace function tasker.pause_tasks(
    p_namespace text, p_template text, p_reason text default null, p_by text default null, out paused boolean)
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
    insert into tasker.pauses (namespace_id, template, paused_at, by, reason)
    values (tasker.paused_namespace(p_namespace, p_template), p_template, tasker.clock(), p_by, p_reason)
    on conflict do nothing;
    paused := found;
end;
$$;
