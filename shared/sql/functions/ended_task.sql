-- How a single task completed, for its notification, so that requests that wait need not look it up
-- (decision 0403).
-- called by: flush_notifications.
-- returns: the task's id, when it started and finished (us since 1970) and its result, separated by spaces. Null
--   if the task is not complete, if some of its steps may be skipped, if its template has a `result` or hooks, if it
--   spent something, was retried or changed by a user, or if it is too large: a payload has less than 8,000 bytes.
-- cost: primary-key look-ups. Compressed sizes come first, so that no large result is read in vain.
create or replace function tasker.ended_task(p_task_id uuid) returns text
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_most constant int := 7000;
    v_text text;
begin
    select case when (
        select sum(pg_column_size(s.result)) <= v_most
        from tasker.tasks t
        join tasker.templates p on p.template_id = any (array[t.template_id])
        join tasker.steps s on s.task_id = any (array[t.task_id]) and s.step_no = any (p.leaves)
        where t.task_id = p_task_id and t.state = 'complete' and t.ended_by is null and not p.is_dynamic
              and p.result is null and t.has_hooks is not true and t.spent is null
              and t.retries is null and t.is_dynamic is null)
    then (
        select t.task_id || ' ' || (extract(epoch from t.started_at) * 1000000)::bigint
               || ' ' || (extract(epoch from t.finished_at) * 1000000)::bigint || ' ' || t.result::text
        from tasker.task_rows(array[p_task_id]) t)
    end into v_text;
    return case when octet_length(v_text) <= v_most then v_text end;
end;
$$;
