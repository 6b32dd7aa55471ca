-- The steps that a retry of failed tasks runs again: those that failed or were cancelled, that which ended the run of
-- the task and those that were skipped because of that, and all that depend on them. It has no SET options: it runs
-- under those of its caller.
-- called by: reset_tasks, may_resolve.
-- p_resolved: a step that failed or was cancelled, which a user resolves instead; null for none.
-- returns: a row for each step. way: `later`: it depends on another one of these; others begin now: `judge`:
--   judge_steps decides how; `items`: a map of which only some items run again; `child`: its child task is retried;
--   `resolved`: it is p_resolved.
--   failures: those of the step, with the number of its attempts as a minimum. parents_…: of the parents that are not
--   among these steps.
-- cost: a few look-ups for each step and each of its parents.
create or replace function tasker.steps_to_retry(p_task_ids uuid[], p_resolved int default null)
returns table (task_id uuid, step_no int, is_dynamic boolean, way text, failures int, parents_done int, parents_bytes int)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with recursive again as (
        select s.task_id, s.step_no, s.template_id
        from unnest(p_task_ids) i(task_id)
        -- `offset 0`: decision 0113.
        cross join lateral (select t.ended_by from tasker.tasks t where t.task_id = i.task_id offset 0) t
        left join lateral (
            select e.started_at from tasker.steps e
            where e.task_id = i.task_id and e.step_no = t.ended_by offset 0) e on true
        cross join lateral (
            select * from tasker.steps s where s.task_id = i.task_id and s.step_no < 10000 offset 0) s
        cross join lateral (
            select d.allow_failure from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
        where s.state = 'cancelled'
           or s.state = 'failed' and s.step_no = p_resolved
           -- In a run that a handler ended, `fail_task` may have overridden allow_failure.
           or s.state = 'failed' and (not d.allow_failure or tasker.is_refused(s.error) or t.ended_by is not null)
           or t.ended_by is not null
              and (s.step_no = tasker.template_step(t.ended_by)
                   or s.state = 'skipped' and tasker.is_skipped_by_end(
                       s.dynamic, s.enqueued_at, s.finished_at, s.parents_done, s.parents_total, e.started_at))
        union
        select a.task_id, c.step_no, a.template_id
        from again a
        cross join lateral (
            select d.children from tasker.template_steps d
            where d.template_id = a.template_id and d.step_no = a.step_no offset 0) d
        cross join lateral unnest(d.children) c(step_no)
    )
    select a.task_id, a.step_no, x.is_dynamic,
           case when p.again > 0 then 'later'
                when a.step_no = p_resolved then 'resolved'
                when d.kind = 'map' and exists (
                    select from tasker.maps m
                    cross join lateral generate_series(0, m.items_total - 1) n
                    cross join lateral (
                        select from tasker.steps s
                        where s.task_id = a.task_id and s.step_no = tasker.item_step(a.step_no, n)
                          and s.state in ('failed', 'cancelled', 'skipped') offset 0) s
                    where m.task_id = a.task_id and m.step_no = a.step_no and m.most_failures >= 0
                      and x.ended_by is distinct from a.step_no) then 'items'
                when d.kind = 'workflow' and d.repeat is null and c.state = 'failed' and c.compensation is null then 'child'
                else 'judge' end,
           greatest(s.failures + (s.state = 'complete')::int, c.attempt + 1),
           p.done::int, least(p.bytes, 2147483647)::int
    from again a
    cross join lateral (
        select * from tasker.template_steps d
        where d.template_id = a.template_id and d.step_no = a.step_no offset 0) d
    cross join lateral (
        select e.is_dynamic or t.budget_task is not null or t.is_dynamic is not null or p_resolved is not null
                   as is_dynamic, tasker.template_step(t.ended_by) as ended_by
        from tasker.tasks t join tasker.templates e on e.template_id = any (array[t.template_id])
        where t.task_id = a.task_id offset 0) x
    left join lateral (
        select s.failures, s.state from tasker.steps s
        where s.task_id = a.task_id and s.step_no = a.step_no offset 0) s on true
    left join lateral (
        select c.attempt, t.state, t.compensation from tasker.child_tasks c
        cross join lateral (select * from tasker.tasks t where t.task_id = c.child_id offset 0) t
        where c.task_id = a.task_id and c.step_no = a.step_no and c.attempt >= 0
        order by c.attempt desc limit 1) c on true
    cross join lateral (
        select count(*) filter (where u.again) as again, count(*) filter (where not u.again) as done,
               coalesce(sum(octet_length(r.result::text)), 0) as bytes
        from (select u.step_no,
                     ((a.task_id, u.step_no) in (select g.task_id, g.step_no from again g)) is true as again
              from unnest(d.parents) u(step_no)) u
        left join lateral (
            select r.result from tasker.steps r
            where r.task_id = a.task_id and r.step_no = u.step_no and not u.again offset 0) r on true) p;
end;
$$;
