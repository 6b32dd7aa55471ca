-- The tasks of find_dead_letters in groups of the same template, step, type of error and reason. The arguments are
-- described there.
-- p_most: how many failed tasks it reads, from the newest on, child tasks included.
-- called by: the orchestrator (GET /v1/dead-letters/groups).
-- returns: a row for all of these tasks (template is null), then a row for each of the p_limit largest groups, the
--   largest first. is_cut: there may be more tasks, or groups. example: the task that failed last.
-- cost: see find_dead_letters; reads the steps of each task.
create or replace function tasker.dead_letter_groups(
    p_namespace text, p_template text, p_step text, p_error_type text, p_failed_before timestamptz, p_limit int,
    p_most int default 10000)
returns table (
    namespace text, template text, step text, error_type text, reason text, tasks bigint, oldest timestamptz,
    newest timestamptz, example uuid, is_cut boolean)
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
        p_namespace, p_template, p_step, p_error_type, p_failed_before, null, p_most, p_most);
begin
    return query
    with letters as (
        select p.namespace, p.name as template, f.step, f.error ->> 'type' as error_type, f.reason, t.finished_at, f.task_id
        from tasker.failures_of(v_found.task_ids) f
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = f.task_id offset 0) t
        cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
    ), counted as (
        select l.namespace, l.template, l.step, l.error_type, l.reason, count(*) as tasks, min(l.finished_at) as oldest,
               max(l.finished_at) as newest,
               (array_agg(l.task_id order by l.finished_at desc, l.task_id desc))[1] as example
        from letters l
        group by grouping sets ((), (l.namespace, l.template, l.step, l.error_type, l.reason))
    )
    select c.*, v_found.next_before is not null or count(*) over () > p_limit + 1
    from counted c
    order by c.template is not null, c.tasks desc, c.newest desc, c.namespace, c.template, c.step, c.error_type, c.reason
    limit p_limit + 1;
end;
$$;
