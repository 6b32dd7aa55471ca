-- A page of the tasks of find_dead_letters, as the API shows them. The arguments are described there.
-- p_max_bytes: the page ends with the task that brings the errors to this size, even if p_limit would allow more.
-- called by: the orchestrator (GET /v1/dead-letters).
-- returns: a row for each task (step, attempts, reason and error: see failures_of); then a row with only next_before:
--   where the next page begins, null if there are no more. A page may be short, or empty, although there are more.
create or replace function tasker.list_dead_letters(
    p_namespace text, p_template text, p_step text, p_error_type text, p_failed_before timestamptz, p_before_id uuid,
    p_limit int, p_max_bytes bigint default 8388608)
returns table (
    task_id uuid, namespace text, template text, version text, failed_at timestamptz, step text, attempts int, reason text,
    error json, next_before uuid)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
    v_found record := tasker.find_dead_letters(
        p_namespace, p_template, p_step, p_error_type, p_failed_before, p_before_id, p_limit);
    v_more  uuid := v_found.next_before;
    v_bytes bigint := 0::bigint;
begin
    for task_id, namespace, template, version, failed_at, step, attempts, reason, error in
        select f.task_id, p.namespace, p.name, p.version, t.finished_at, f.step, f.attempts, f.reason, f.error
        from tasker.failures_of(v_found.task_ids) f
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = f.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
        order by f.task_id desc
    loop
        return next;
        v_bytes := v_bytes + coalesce(octet_length(error::text), 0);
        if v_bytes >= p_max_bytes then
            if task_id <> v_found.task_ids[cardinality(v_found.task_ids)] then
                v_more := task_id;
            end if;
            exit;
        end if;
    end loop;
    return query
        select null::uuid, null::text, null::text, null::text, null::timestamptz, null::text, null::int, null::text,
               null::json, v_more;
end;
$$;
