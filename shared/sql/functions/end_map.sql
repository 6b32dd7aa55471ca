-- Ends a map whose items have all ended: its result has theirs in their order, null for those that failed. The
-- errors of the first 100 failed items are in its error, also if the map is complete. A map with skipped items is
-- skipped, unless it failed. It has no SET options: see end_items.
-- called by: end_items, skip_steps.
-- returns: whether the map failed, and has no allow_failure, which does not count if an item failed the task, or if the
--   map stopped because the budget is exhausted.
-- locks: the step.
-- moves: step waiting -> complete | failed | skipped.
create or replace function tasker.end_map(p_map tasker.maps) returns boolean
language plpgsql
as $$
declare
    v_now         timestamptz := tasker.clock();
    c_most_errors constant int := 100;
    v_failed      boolean := p_map.items_failed > p_map.most_failures or p_map.is_refused;
    v_skipped     boolean := not v_failed and p_map.is_skipped
                             and p_map.items_complete + p_map.items_failed < p_map.items_total;
    v_error       json;
    v_result      json;
begin
    if p_map.is_refused then
        v_error := tasker.budget_error((select t.budget_task from tasker.tasks t where t.task_id = p_map.task_id));
    elsif p_map.items_failed > 0 and not v_skipped then
        select json_build_object(
                   'type', case when v_failed then 'item_failed' else 'items_failed' end,
                   'message', format('%s of %s items failed; item %s: %s', p_map.items_failed, p_map.items_total,
                                     min(f.index), (array_agg(f.message order by f.index))[1]),
                   'items', json_agg(json_build_object('index', f.index, 'type', f.type, 'message', f.message)
                                     order by f.index))
        into v_error
        from (select i as index, s.error ->> 'type' as type, left(s.error ->> 'message', 1000) as message
              from generate_series(0, p_map.items_total - 1) i
              cross join lateral (
                  select * from tasker.steps s
                  where s.task_id = p_map.task_id and s.step_no = tasker.item_step(p_map.step_no, i) offset 0) s
              where s.state = 'failed' order by i limit c_most_errors) f;
    end if;
    if not v_failed and not v_skipped and p_map.result_bytes > tasker.joined_bytes_limit() then
        v_failed := true;
        v_error := json_build_object('type', 'result_too_large', 'message', format(
            'the results of the items are larger together than %s bytes', tasker.joined_bytes_limit()));
    end if;
    if not v_failed and not v_skipped then
        v_result := tasker.items_result(p_map.task_id, p_map.step_no);
    end if;
    update tasker.steps s
    set state = (case when v_failed then 'failed' when v_skipped then 'skipped' else 'complete' end)::tasker.step_state,
        finished_at = v_now, result = v_result, error = v_error
    where s.task_id = any (array[p_map.task_id]) and s.step_no = p_map.step_no;
    return p_map.is_refused or v_failed and not (
        select d.allow_failure and p_map.most_failures >= 0 from tasker.steps s
        join tasker.template_steps d on d.template_id = any (array[s.template_id]) and d.step_no = s.step_no
        where s.task_id = p_map.task_id and s.step_no = p_map.step_no);
end;
$$;
