-- The undo steps of a task that run when it is compensated, in their order; before the compensation begins, those that
-- would run now: none of a task that is complete, or was cancelled without it.
-- called by: the orchestrator (GET /v1/tasks/{id}/compensation).
-- returns: a row for each step that is undone (is_undone): its name, the handler, and the state of its undo step
--   (undo_state). attempts: as list_steps.
-- cost: primary-key look-ups, two for each undo step of the template.
create or replace function tasker.list_compensation(p_task_id uuid)
returns table (step text, handler text, state text, attempts int)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
    return query
    select n.name, d.handler,
           tasker.undo_state(u.state, t.compensation),
           coalesce(u.failures + (u.state in ('complete', 'in_progress'))::int, 0)
    from tasker.tasks t
    -- `offset 0`: decision 0113.
    cross join lateral (select * from tasker.templates p where p.template_id = t.template_id offset 0) p
    cross join lateral (
        select * from tasker.template_steps d
        where d.template_id = t.template_id and d.step_no >= p.steps_total and d.handler is not null offset 0) d
    cross join lateral (
        select n.name from tasker.template_steps n
        where n.template_id = t.template_id and n.step_no = d.undoes offset 0) n
    left join lateral (
        select * from tasker.steps u where u.task_id = t.task_id and u.step_no = d.step_no offset 0) u on true
    where t.task_id = p_task_id and tasker.is_undone(t.task_id, d.undoes) and (t.compensation is not null or not tasker.has_ended(t.state))
    order by d.step_no;
end;
$$;
