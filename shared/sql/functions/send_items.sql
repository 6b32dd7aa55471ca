-- Enqueues the next items of a map, as many as may be open at the same time. After a retry, complete items among them
-- are passed over. It has no SET options: it runs under those of its callers.
-- called by: end_items, resume_maps.
-- p_take: see finish_steps.
-- returns: the new counts of the map; items to enqueue (enqueue_…), and those that were leased to p_worker
--   (taken_…); null if there are none.
-- REQUIRES: the caller has locked the task.
-- locks: the items, the map.
-- moves: item pending -> enqueued | in_progress | waiting (for its child task).
-- cost: two statements; after a retry, also a look-up for each item that is passed over.
create or replace function tasker.send_items(
    p_map tasker.maps, p_worker int, p_take int, out items_sent int, out items_open int, out enqueue_tasks uuid[],
    out enqueue_steps int[], out taken_tasks uuid[], out taken_steps int[])
language plpgsql
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_most  int := coalesce(nullif(p_map.max_parallel, 0), p_map.items_total);
    v_first int;
    v_last  int;
    v_moved record;
begin
    items_sent := p_map.items_sent;
    items_open := p_map.items_open;
    loop
        v_first := items_sent;
        v_last := least(v_first + v_most - items_open, p_map.items_total) - 1;
        -- `any (array[…])` and `offset 0`: decision 0113.
        with moved as (
            update tasker.steps s
            set state = (case when p_map.has_children then 'waiting' when i.may_take then 'in_progress'
                              else 'enqueued' end)::tasker.step_state,
                enqueued_at = v_now, delivery = s.delivery + i.may_take::int,
                worker_id = case when i.may_take then p_worker end
            from (select p_map.task_id, tasker.item_step(p_map.step_no, n) as step_no,
                         not p_map.has_children
                         and n - v_first < p_take - coalesce(cardinality(taken_tasks), 0) as may_take
                  from generate_series(v_first, v_last) n
                  offset 0) i
            where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.state = 'pending'
            returning s.task_id, s.step_no, s.state, s.failures
        )
        select count(*)::int as items,
               array_agg(m.task_id) filter (where m.state = 'enqueued') as enqueue_tasks,
               array_agg(m.step_no) filter (where m.state = 'enqueued') as enqueue_steps,
               array_agg(m.task_id) filter (where m.state = 'in_progress') as taken_tasks,
               array_agg(m.step_no) filter (where m.state = 'in_progress') as taken_steps,
               array_agg(m.task_id) filter (where m.state = 'waiting' and m.failures = 0) as child_tasks,
               array_agg(m.step_no) filter (where m.state = 'waiting' and m.failures = 0) as child_steps,
               array_agg(m.task_id) filter (where m.state = 'waiting' and m.failures > 0) as again_tasks,
               array_agg(m.step_no) filter (where m.state = 'waiting' and m.failures > 0) as again_steps
        into v_moved from moved m;
        enqueue_tasks := enqueue_tasks || v_moved.enqueue_tasks;
        enqueue_steps := enqueue_steps || v_moved.enqueue_steps;
        taken_tasks := taken_tasks || v_moved.taken_tasks;
        taken_steps := taken_steps || v_moved.taken_steps;
        if v_moved.child_tasks is not null then
            perform tasker.begin_item_children(v_moved.child_tasks, v_moved.child_steps);
        end if;
        if v_moved.again_tasks is not null then
            perform tasker.retry_children(v_moved.again_tasks, v_moved.again_steps);
        end if;
        items_open := items_open + v_moved.items;
        items_sent := v_last + 1;
        exit when v_moved.items = v_last - v_first + 1 or items_sent = p_map.items_total;
        items_sent := coalesce((
            select n from generate_series(items_sent, p_map.items_total - 1) n
            cross join lateral (
                select from tasker.steps s
                where s.task_id = p_map.task_id and s.step_no = tasker.item_step(p_map.step_no, n)
                  and s.state = 'pending' offset 0) s
            order by n limit 1), p_map.items_total);
        exit when items_sent = p_map.items_total;
    end loop;
    update tasker.maps m set items_sent = send_items.items_sent, items_open = send_items.items_open
    where m.task_id = any (array[p_map.task_id]) and m.step_no = p_map.step_no;
end;
$$;
