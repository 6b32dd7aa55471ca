-- Creates the child tasks of steps with `workflow`, and of items of maps over one: one for the current attempt of each.
-- called by: begin_children, begin_item_children; fire_children, for further attempts. It has no SET options: it runs
--   under those of its callers.
-- returns: the steps whose child cannot be created, with their errors; null if there are none.
-- REQUIRES: the caller has locked the steps, and the attempt has no child yet.
-- locks: none; all rows are new.
create or replace function tasker.start_children(
    p_task_ids uuid[], p_step_nos int[], out task_ids uuid[], out step_nos int[], out errors text[])
language plpgsql
as $$
declare
    v_new record;
begin
    with wanted as materialized (
        select g.task_id, u.step_no, d.child_template, c.context,
               coalesce((d.workflow ->> 'priority')::int2, t.priority) as priority,
               coalesce(tasker.depth_problem(t.depth), v.error, c.error) as error
        -- The items of a map are grouped, so that the context and the parents' results are read once for all.
        from (select w.task_id, tasker.template_step(w.step_no) as step_no, array_agg(w.step_no order by w.step_no) as steps
              from unnest(p_task_ids, p_step_nos) w(task_id, step_no)
              group by 1, 2 order by 1, 2 offset 0) g
        -- `offset 0`: decision 0113.
        cross join lateral (select * from tasker.tasks t where t.task_id = g.task_id offset 0) t
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = t.template_id and d.step_no = g.step_no offset 0) d
        left join lateral (
            select * from tasker.placeholder_values(
                d.workflow -> 'context', t.context,
                case when d.workflow ->> 'context' like '%${parents/%'
                     then tasker.parent_results(g.task_id, g.step_no) end)
            offset 0) v on d.workflow ->> 'context' like '%${%'
        cross join lateral unnest(g.steps) u(step_no)
        cross join lateral (
            select case when d.repeat is null then s.item else tasker.repetition(s.task_id, s.step_no) end as item
            from tasker.steps s where s.task_id = g.task_id and s.step_no = u.step_no offset 0) s
        cross join lateral (
            select * from tasker.child_context(d.workflow -> 'context', v.known, s.item) offset 0) c
    )
    select array_agg(w.task_id) filter (where w.error is not null) as refused_tasks,
           array_agg(w.step_no) filter (where w.error is not null) as refused_steps,
           array_agg(w.error::text) filter (where w.error is not null) as errors,
           array_agg(w.task_id) filter (where w.error is null) as tasks,
           array_agg(w.step_no) filter (where w.error is null) as steps,
           array_agg(w.child_template) filter (where w.error is null) as templates,
           array_agg(w.priority) filter (where w.error is null) as priorities,
           array_agg(w.context::text) filter (where w.error is null) as contexts
    into v_new from wanted w;
    task_ids := v_new.refused_tasks;
    step_nos := v_new.refused_steps;
    errors := v_new.errors;
    if v_new.tasks is not null then
        perform tasker.create_children(
            v_new.tasks, v_new.steps, array_fill(''::text, array[cardinality(v_new.tasks)]), v_new.templates,
            v_new.priorities, v_new.contexts, array_fill(false, array[cardinality(v_new.tasks)]));
    end if;
end;
$$;
