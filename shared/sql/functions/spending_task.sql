-- The task whose `spent` counts what a task spends: that with its budget; without a budget, the one at the top.
-- called by: add_spending. It has no SET options: it runs under those of its callers.
-- cost: a look-up; without a budget, one for each level of child tasks.
create or replace function tasker.spending_task(p_task_id uuid) returns uuid
language plpgsql stable
as $$
declare
    v_task   uuid := p_task_id;
    v_budget uuid;
    v_parent uuid;
begin
    loop
        select t.budget_task, t.parent_task into v_budget, v_parent from tasker.tasks t where t.task_id = v_task;
        exit when v_budget is not null or v_parent is null;
        v_task := v_parent;
    end loop;
    return coalesce(v_budget, v_task);
end;
$$;
