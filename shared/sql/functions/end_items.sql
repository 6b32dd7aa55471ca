-- Counts the reported items of maps, sends the next ones, and ends the maps that have no more. It has no SET
-- options: it runs under those of its caller. If the budget is exhausted, a map stops that has items to send, or an item
-- that failed because of that.
-- called by: finish_steps, end_waits.
-- p_task_ids, p_step_nos: items that ended, or wait for a retry. p_take: see finish_steps.
-- returns: the maps that ended (ended_…); the tasks of those that are complete or failed with allow_failure
--   (done_tasks), and of those that failed (failed_tasks); items to enqueue (enqueue_…), and those that were
--   leased to p_worker (taken_…). Null where there are none.
-- REQUIRES: the caller has locked the tasks, so that one session at a time counts.
-- locks: the maps, their items that were not sent, their steps.
-- moves: step waiting -> complete | failed; see send_items and stop_map.
-- cost: a look-up for each item and one update for each map; a map that ends reads all its items.
create or replace function tasker.end_items(
    p_worker int, p_take int, p_task_ids uuid[], p_step_nos int[],
    out ended_tasks uuid[], out ended_steps int[], out done_tasks uuid[], out failed_tasks uuid[],
    out enqueue_tasks uuid[], out enqueue_steps int[], out taken_tasks uuid[], out taken_steps int[])
language plpgsql
as $$
declare
    v_counted record;
    v_map     tasker.maps;
    v_before  boolean; -- it has stopped before
    v_stopped boolean;
    v_next    record;
begin
    for v_counted in
        -- `any (array[…])` and `offset 0`: decision 0113.
        update tasker.maps m
        set items_complete = m.items_complete + i.complete, items_failed = m.items_failed + i.failed,
            items_open = m.items_open - i.complete - i.failed, result_bytes = m.result_bytes + i.bytes
        from (select r.task_id, tasker.template_step(r.step_no) as step_no,
                     count(*) filter (where s.state = 'complete') as complete,
                     count(*) filter (where s.state = 'failed') as failed,
                     coalesce(sum(octet_length(s.result::text)), 0) as bytes, array_agg(r.step_no) as items,
                     bool_or(s.state = 'failed' and tasker.is_refused(s.error)) as refused
              from unnest(p_task_ids, p_step_nos) r(task_id, step_no)
              cross join lateral (
                  select * from tasker.steps s
                  where s.task_id = r.task_id and s.step_no = r.step_no offset 0) s
              group by 1, 2 order by 1, 2) i
        where m.task_id = any (array[i.task_id]) and m.step_no = i.step_no
        returning m as map, i.failed, i.items, i.refused,
                  (select t.budget_task from tasker.tasks t where t.task_id = m.task_id) as budget_task
    loop
        v_map := v_counted.map;
        v_before := v_map.items_failed - v_counted.failed > v_map.most_failures or v_map.is_refused or v_map.is_skipped;
        v_map.is_refused := v_map.is_refused or v_counted.budget_task is not null and not v_before
            and (v_counted.refused
                 or v_map.items_failed <= v_map.most_failures and v_map.items_sent < v_map.items_total)
            and tasker.budget_error(v_counted.budget_task) is not null;
        v_stopped := v_map.items_failed > v_map.most_failures or v_map.is_refused or v_map.is_skipped;
        if v_stopped then
            -- All items when it stops, then only the reported ones: thousands of child tasks may be open.
            v_map.items_open := tasker.stop_map(v_map, case when v_before then v_counted.items end);
        elsif v_map.items_sent < v_map.items_total then
            v_next := tasker.send_items(v_map, p_worker, p_take - coalesce(cardinality(taken_tasks), 0));
            v_map.items_sent := v_next.items_sent;
            v_map.items_open := v_next.items_open;
            enqueue_tasks := enqueue_tasks || v_next.enqueue_tasks;
            enqueue_steps := enqueue_steps || v_next.enqueue_steps;
            taken_tasks := taken_tasks || v_next.taken_tasks;
            taken_steps := taken_steps || v_next.taken_steps;
        end if;

        if v_map.items_open = 0 and (v_stopped or v_map.items_sent = v_map.items_total) then
            ended_tasks := ended_tasks || v_map.task_id;
            ended_steps := ended_steps || v_map.step_no;
            if tasker.end_map(v_map) then
                failed_tasks := failed_tasks || v_map.task_id;
            else
                done_tasks := done_tasks || v_map.task_id;
            end if;
        end if;
    end loop;
end;
$$;
