-- Creates child tasks for the current attempt of steps.
-- called by: start_children, answer_children. It has no SET options: it runs under those of its callers.
-- p_task_ids, p_step_nos: the parents' steps, once for each child. p_keys: see child_tasks; unique for a step.
-- locks: none; all rows are new.
create or replace function tasker.create_children(
    p_task_ids uuid[], p_step_nos int[], p_keys text[], p_template_ids int[], p_priorities int2[], p_contexts text[],
    p_collect boolean[]) returns void
language plpgsql
as $$
declare
    v_ids    uuid[];
    v_depths int2[];
begin
    -- `offset 0`: decision 0113.
    select array_agg(tasker.uuid_v7() order by p.n), array_agg((coalesce(t.depth, 0) + 1)::int2 order by p.n)
    into v_ids, v_depths
    from unnest(p_task_ids) with ordinality p(task_id, n)
    cross join lateral (select t.depth from tasker.tasks t where t.task_id = p.task_id offset 0) t;
    perform from tasker.create_tasks(
        v_ids, p_template_ids, p_priorities, p_contexts, array_fill(null::text, array[cardinality(v_ids)]), false,
        null, p_task_ids, p_step_nos, p_keys, v_depths);
    insert into tasker.child_tasks (task_id, step_no, key, attempt, child_id, collect)
    select c.task_id, c.step_no, c.key, s.failures, c.child_id, c.collect
    from unnest(p_task_ids, p_step_nos, p_keys, v_ids, p_collect) c(task_id, step_no, key, child_id, collect)
    cross join lateral (
        select s.failures from tasker.steps s where s.task_id = c.task_id and s.step_no = c.step_no offset 0) s;
end;
$$;
