-- Deletes the items of maps that a retry begins anew. The row of the map keeps their greatest delivery, above which
-- those of new items begin, so that late reports are refused. It has no SET options: it runs under those of its caller.
-- called by: reset_tasks, which has locked the tasks.
-- p_task_ids, p_step_nos: steps; those that are no maps, or have no items, are not changed.
-- locks: the steps, the maps, the items.
create or replace function tasker.forget_maps(p_task_ids uuid[], p_step_nos int[]) returns void
language plpgsql
as $$
declare
    v_items record;
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    select array_agg(m.task_id) as tasks, array_agg(m.step_no) as steps,
           array_agg(tasker.item_step(m.step_no, n)) as items, array_agg(s.delivery) as deliveries
    into v_items
    from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
    cross join lateral (
        select * from tasker.maps m where m.task_id = u.task_id and m.step_no = u.step_no offset 0) m
    cross join lateral generate_series(0, m.items_total - 1) n
    cross join lateral (
        select s.delivery from tasker.steps s
        where s.task_id = m.task_id and s.step_no = tasker.item_step(m.step_no, n) offset 0) s;
    if v_items.tasks is null then
        return;
    end if;
    perform tasker.forget_children(v_items.tasks, v_items.items);
    update tasker.steps s set delivery = greatest(s.delivery, i.delivery)
    from (select u.task_id, u.step_no, max(u.delivery) as delivery
          from unnest(v_items.tasks, v_items.steps, v_items.deliveries) u(task_id, step_no, delivery)
          group by u.task_id, u.step_no order by u.task_id, u.step_no) i
    where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no;
    delete from tasker.steps s
    using (select * from unnest(v_items.tasks, v_items.items) u(task_id, step_no)) i
    where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no;
    delete from tasker.maps m
    using (select distinct u.task_id, u.step_no from unnest(v_items.tasks, v_items.steps) u(task_id, step_no)) i
    where m.task_id = any (array[i.task_id]) and m.step_no = i.step_no;
end;
$$;
