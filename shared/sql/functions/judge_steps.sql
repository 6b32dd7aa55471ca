-- What becomes of steps of dynamic templates whose parents have all ended: by their join rule first, then by their
-- condition. A step that would run fails if the task's budget is exhausted. An undo step runs only if the step that it
-- undoes is complete, whatever the budget. It has no SET options: it runs under those of its callers.
-- called by: advance_dynamic; start_dynamic, for roots.
-- p_bytes: the sizes of the results of the parents together; null for roots.
-- returns: a row for each step, with its kind and the priority of its queue. outcome: `run`, `skip`, `fail`, or `never`
--   (see join_outcome). error: of a step that fails. fails_task: it fails, and has no allow_failure, or the budget is
--   exhausted.
create or replace function tasker.judge_steps(p_task_ids uuid[], p_step_nos int[], p_bytes int[])
returns table (task_id uuid, step_no int, template_id int, parents_total int, parents_bytes int,
               kind tasker.step_kind, priority int2, outcome text, error json, fails_task boolean)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with joined as materialized (
        select r.task_id, r.step_no, d.template_id, d.undoes, t.budget_task, cardinality(d.parents) as parents_total,
               coalesce(r.bytes, 0) as bytes, d.kind, d.otherwise, d.allow_failure,
               coalesce(d.priority, t.priority) as priority, o.outcome,
               case when o.outcome = 'run' and d.condition is not null
                    then tasker.check_condition(
                        d.condition,
                        case when r.bytes > tasker.joined_bytes_limit() then null else coalesce(e.results, '{}') end,
                        json_build_object('context', t.context)) end as unmet
        from unnest(p_task_ids, p_step_nos, p_bytes) r(task_id, step_no, bytes)
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = r.task_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = r.step_no offset 0) d
        cross join lateral (
            select count(*) filter (where s.state = 'complete') as complete,
                   count(*) filter (where s.state = 'skipped') as skipped,
                   count(*) filter (where s.state = 'pending'
                                      or s.state = 'failed' and not p.allow_failure) as failed,
                   count(*) filter (where s.state = 'failed' and p.allow_failure) as allowed,
                   json_object_agg(p.name, coalesce(s.result, 'null'))
                       filter (where s.state = 'complete' and d.condition is not null
                                     and r.bytes <= tasker.joined_bytes_limit()) as results
            from unnest(d.parents) u(step_no)
            cross join lateral (
                select * from tasker.steps s
                where s.task_id = r.task_id and s.step_no = u.step_no offset 0) s
            cross join lateral (
                select * from tasker.template_steps p
                where p.template_id = d.template_id and p.step_no = u.step_no offset 0) p) e
        cross join lateral (
            select tasker.join_outcome(d.join_rule, e.complete, e.skipped, e.failed, e.allowed) as joined
            offset 0) w
        cross join lateral (
            select case when d.undoes is not null and w.joined = 'run'
                             and (d.handler is null or not tasker.is_undone(r.task_id, d.undoes))
                        then 'skip' else w.joined end as outcome
            offset 0) o
    ), judged as (
        select j.task_id, j.step_no, j.template_id, j.parents_total, j.bytes, j.kind, j.priority, j.allow_failure,
               j.unmet, b.refused,
               case when j.outcome <> 'run' then j.outcome
                    when j.unmet is null and b.refused is null then 'run'
                    when j.unmet::text = '{}' and j.otherwise = 'skip' then 'skip'
                    else 'fail' end as outcome
        from joined j
        cross join lateral (
            select case when j.budget_task is not null and j.undoes is null and j.outcome = 'run' and j.unmet is null
                        then tasker.budget_error(j.budget_task) end as refused
            offset 0) b
    )
    select j.task_id, j.step_no, j.template_id, j.parents_total, j.bytes, j.kind, j.priority, j.outcome,
           case when j.outcome = 'fail' and j.unmet::text = '{}'
                then '{"type": "condition", "message": "the condition is not met"}'
                when j.outcome = 'fail' then coalesce(j.unmet, j.refused) end,
           j.outcome = 'fail' and (j.refused is not null or not j.allow_failure)
    from judged j;
end;
$$;
