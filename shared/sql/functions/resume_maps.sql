-- Lets the items of maps run again that are not complete: they are pending, and the first of them are sent. It has no
-- SET options: it runs under those of its caller.
-- called by: reset_tasks, which has locked the tasks, for maps that were just moved to `waiting`.
-- returns: items to enqueue; null if there are none.
-- locks: the maps, the items.
-- moves: item failed | cancelled | skipped -> pending; see send_items.
create or replace function tasker.resume_maps(
    p_task_ids uuid[], p_step_nos int[], out enqueue_tasks uuid[], out enqueue_steps int[])
language plpgsql
as $$
declare
    v_map   tasker.maps;
    v_first int; -- the index of the first of them
    v_sent  record;
begin
    for v_map in
        -- `offset 0`: decision 0113.
        select m.* from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
        cross join lateral (
            select * from tasker.maps m where m.task_id = u.task_id and m.step_no = u.step_no offset 0) m
        order by m.task_id, m.step_no
    loop
        with again as (
            update tasker.steps s
            set state = 'pending', failures = i.failures, old_failures = nullif(i.failures, 0), lost_leases = 0,
                lost_alone = 0, alone = false, worker_id = null, enqueued_at = null, started_at = null,
                finished_at = null, result = null, error = null
            from (select s.task_id, s.step_no, greatest(s.failures, c.attempt + 1) as failures
                  from generate_series(0, v_map.items_total - 1) n
                  cross join lateral (
                      select * from tasker.steps s
                      where s.task_id = v_map.task_id and s.step_no = tasker.item_step(v_map.step_no, n)
                        and s.state in ('failed', 'cancelled', 'skipped') offset 0) s
                  left join lateral (
                      select c.attempt from tasker.child_tasks c
                      where c.task_id = s.task_id and c.step_no = s.step_no and c.attempt >= 0
                      order by c.attempt desc limit 1) c on v_map.has_children
                  order by s.step_no) i
            where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
            returning s.step_no
        )
        select tasker.item_index(min(a.step_no)) into v_first from again a;
        update tasker.maps m set items_sent = v_first, items_open = 0, items_failed = 0, is_refused = false, is_skipped = false
        where m.task_id = any (array[v_map.task_id]) and m.step_no = v_map.step_no
        returning m.* into v_map;
        v_sent := tasker.send_items(v_map, 0, 0);
        enqueue_tasks := enqueue_tasks || v_sent.enqueue_tasks;
        enqueue_steps := enqueue_steps || v_sent.enqueue_steps;
    end loop;
end;
$$;
