-- Cancels the items of a map that have not started, or wait for a retry. An item that waits for its child task ends
-- with it. An item that another session has locked is being claimed or reported: its own report ends it, or calls this
-- again for it. If the run of the task has ended, the items are skipped, also those that wait for child tasks. It has
-- no SET options: see end_items.
-- called by: end_items, when more items failed than the map allows, or the budget is exhausted, and for those that are
--   reported after that; skip_steps.
-- p_step_nos: the items; null for all.
-- returns: how many items have not ended.
-- locks: the items (skip locked), the map.
-- moves: item pending | enqueued | waiting_for_retry | waiting (for a retry) -> cancelled | skipped. Their timers are
--   deleted, and their messages are dropped when they next turn up.
-- cost: a look-up for each of the items, one for each that waits, and one update for each that it cancels.
create or replace function tasker.stop_map(p_map tasker.maps, p_step_nos int[]) returns int
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_open    int;
    v_retried int[]; -- those that waited for a retry, or may be paused
    v_paused  boolean := exists (select from tasker.pauses);
    v_noted   int[]; -- those with noted progress
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    with idle as materialized (
        select s.task_id, s.step_no, s.state
        from (select p_map.task_id, u.step_no
              from unnest(coalesce(p_step_nos, array(
                       select tasker.item_step(p_map.step_no, n) from generate_series(0, p_map.items_total - 1) n)))
                   u(step_no) offset 0) i
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        where s.state in ('pending', 'enqueued', 'waiting_for_retry')
              or s.state = 'waiting' and (p_map.is_skipped or exists (
                  select from tasker.timers r
                  where r.task_id = s.task_id and r.step_no = s.step_no and r.kind = 'again' offset 0))
        for update of s skip locked
    ), stopped as (
        update tasker.steps s
        set state = (case when p_map.is_skipped then 'skipped' else 'cancelled' end)::tasker.step_state,
            finished_at = v_now
        from idle
        where s.task_id = any (array[idle.task_id]) and s.step_no = idle.step_no
        returning idle.step_no, idle.state, s.has_progress
    )
    select (p_map.items_open - count(*) filter (where t.state <> 'pending'))::int,
           array_agg(t.step_no) filter (where t.state in ('waiting_for_retry', 'waiting')
                                              or v_paused and t.state = 'enqueued'),
           array_agg(t.step_no) filter (where t.has_progress)
    into v_open, v_retried, v_noted from stopped t;
    if v_retried is not null then
        perform tasker.forget_waits(array_fill(p_map.task_id, array[cardinality(v_retried)]), v_retried);
    end if;
    if v_noted is not null then
        perform tasker.forget_progress(array_fill(p_map.task_id, array[cardinality(v_noted)]), v_noted);
    end if;
    update tasker.maps m set items_open = v_open, is_refused = p_map.is_refused
    where m.task_id = any (array[p_map.task_id]) and m.step_no = p_map.step_no;
    return v_open;
end;
$$;
