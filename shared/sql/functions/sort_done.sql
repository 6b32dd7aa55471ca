-- The steps that succeeded, by what comes after them. It has no SET options: it runs under those of its callers.
-- called by: accept_reports, if some of them are dynamic. The arrays have an element for each step.
-- returns: see accept_reports.
create or replace function tasker.sort_done(
    p_tasks uuid[], p_steps int[], p_templates int[], p_bytes int[],
    out static_tasks uuid[], out static_steps int[], out static_templates int[], out static_bytes int[],
    out ended_tasks uuid[], out ended_steps int[], out done_tasks uuid[], out item_tasks uuid[], out item_steps int[])
language plpgsql stable
as $$
begin
    select array_agg(d.task_id) filter (where not s.dynamic),
           array_agg(d.step_no) filter (where not s.dynamic),
           array_agg(d.template_id) filter (where not s.dynamic),
           array_agg(d.bytes) filter (where not s.dynamic),
           array_agg(d.task_id) filter (where s.dynamic and i.index is null),
           array_agg(d.step_no) filter (where s.dynamic and i.index is null),
           array_agg(d.task_id) filter (where i.index is null),
           array_agg(d.task_id) filter (where i.index >= 0), array_agg(d.step_no) filter (where i.index >= 0)
    into static_tasks, static_steps, static_templates, static_bytes, ended_tasks, ended_steps, done_tasks, item_tasks,
         item_steps
    from unnest(p_tasks, p_steps, p_templates, p_bytes) d(task_id, step_no, template_id, bytes)
    -- `offset 0`: decision 0113.
    cross join lateral (
        select s.dynamic from tasker.steps s where s.task_id = d.task_id and s.step_no = d.step_no offset 0) s
    cross join lateral (select tasker.item_index(d.step_no) as index) i;
end;
$$;
