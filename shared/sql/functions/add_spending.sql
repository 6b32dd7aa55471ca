-- Adds what steps have spent since their last notes to the `spent` of the tasks with their budgets; without a budget,
-- to that of the task at the top. It has no SET options: it runs under those of its caller.
-- called by: store_progress, which describes the arguments.
-- locks: the steps (task_id, step_no), whose rows in step_progress only change under this lock; then these tasks
--   (task_id).
create or replace function tasker.add_spending(
    p_task_ids uuid[], p_step_nos int[], p_deliveries int[], p_notes int[], p_spent text[]) returns void
language plpgsql
as $$
begin
    perform from (select * from unnest(p_task_ids, p_step_nos, p_spent) u(task_id, step_no, spent)
                  where u.spent is not null order by u.task_id, u.step_no offset 0) i
    join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
    for update of s;
    -- `any (array[…])` and `offset 0`: decision 0113.
    with added as materialized (
        select p.task_id, u.unit, sum(u.amount::bigint - coalesce((n.spent ->> u.unit)::bigint, 0)) as amount
        from unnest(p_task_ids, p_step_nos, p_deliveries, p_notes, p_spent) i(task_id, step_no, delivery, note, spent)
        cross join lateral (
            select from tasker.steps s
            where s.task_id = i.task_id and s.step_no = i.step_no and s.delivery = i.delivery
              and s.state = 'in_progress' offset 0) s
        left join lateral (
            select n.note, n.spent from tasker.step_progress n
            where n.task_id = i.task_id and n.step_no = i.step_no and n.delivery = i.delivery offset 0) n on true
        cross join lateral (select tasker.spending_task(i.task_id) as task_id offset 0) p
        cross join lateral jsonb_each_text(i.spent::jsonb) u(unit, amount)
        where i.spent is not null and (n.note is null or n.note < i.note)
        group by p.task_id, u.unit
    )
    update tasker.tasks t set spent = tasker.sum_of_amounts(t.spent, a.amounts)
    from (select d.task_id, jsonb_object_agg(d.unit, d.amount) as amounts from added d
          group by d.task_id order by d.task_id) a
    where t.task_id = any (array[a.task_id]);
end;
$$;
