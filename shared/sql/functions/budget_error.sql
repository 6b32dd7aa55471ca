-- The error of steps that would become ready now: the budget of this task is exhausted. Null if it is not.
-- called by: judge_steps, judge_children, refused_steps, end_items, end_map, child_error, task_rows,
--   failures_of. It has no SET options: it runs under those of its callers.
-- p_task_id: tasks.budget_task of a step's task.
create or replace function tasker.budget_error(p_task_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object('type', 'budget_exhausted', 'message', format(
            'the budget of %s %s is exhausted: %s are spent', b.amount, b.unit, t.spent ->> b.unit))
        from tasker.tasks t
        cross join lateral jsonb_each_text(t.budget) b(unit, amount)
        where t.task_id = p_task_id and (t.spent ->> b.unit)::bigint >= b.amount::bigint
        order by b.unit limit 1);
end;
$$;
