-- Ends waits of steps, and of items of maps: stores how each ended, and advances the tasks. Those that no longer wait
-- are ignored.
-- called by: fire_timers (sleeps), fire_children, fire_deadlines, return_steps, signal_task, deliver_keyed_signal,
--   resolve_locked.
-- p_states: complete, failed or skipped; `waiting` for an item that waits for its retry, which is cancelled if its map
--   has stopped. p_payloads: the result of a complete step, the error of a failed one. p_from: the
--   steps are in one of these states.
-- returns: how many steps ended.
-- locks: the steps (task_id, step_no), their children in templates that are not dynamic, the tasks (task_id), then the
--   other children.
-- moves: step p_from -> complete | failed | skipped; others as end_items,
--   advance_dynamic; task -> running | waiting | failed | complete.
create or replace function tasker.end_waits(
    p_task_ids uuid[], p_step_nos int[], p_states tasker.step_state[], p_payloads text[],
    p_from tasker.step_state[] default '{waiting, waiting_for_retry}') returns int
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now   timestamptz := tasker.clock();
    v_ended record;
    v_static  record;
    v_items   record;
    v_next    record;
    v_enqueue uuid[];
    v_steps   int[];
begin
    with ended as (
        update tasker.steps s
        set state = e.state, finished_at = case when e.state <> 'waiting' then v_now end,
            result = case e.state when 'complete' then e.payload::json end,
            error = case e.state when 'failed' then e.payload::json when 'waiting' then s.error end,
            enqueued_at = case when e.state <> 'skipped' then s.enqueued_at end -- see is_skipped_by_end
        from (select * from unnest(p_task_ids, p_step_nos, p_states, p_payloads) u(task_id, step_no, state, payload)
              order by u.task_id, u.step_no) e
        where s.task_id = any (array[e.task_id]) and s.step_no = e.step_no
          and s.state = any (p_from)
        returning s.task_id, s.step_no, s.template_id, s.state, s.dynamic, s.has_progress, s.error,
                  octet_length(e.payload) as bytes
    ), kinds as (
        select e.*, d.kind in ('sleep', 'signal') as waited,
               e.state = 'failed' and (not d.allow_failure or tasker.is_refused(e.error)) as fails,
               tasker.item_index(e.step_no) is not null as is_item
        from ended e
        -- `offset 0`: decision 0113.
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = e.template_id and d.step_no = tasker.template_step(e.step_no) offset 0) d
    )
    select array_agg(k.task_id) as tasks,
           array_agg(k.task_id) filter (where k.has_progress) as noted_tasks,
           array_agg(k.step_no) filter (where k.has_progress) as noted_steps,
           array_agg(k.task_id) filter (where k.dynamic and not k.is_item) as dynamic_tasks,
           array_agg(k.step_no) filter (where k.dynamic and not k.is_item) as dynamic_steps,
           array_agg(k.task_id) filter (where k.is_item) as item_tasks,
           array_agg(k.step_no) filter (where k.is_item) as item_steps,
           array_agg(k.task_id) filter (where not k.dynamic and k.state = 'complete') as static_tasks,
           array_agg(k.step_no) filter (where not k.dynamic and k.state = 'complete') as static_steps,
           array_agg(k.template_id) filter (where not k.dynamic and k.state = 'complete') as static_templates,
           array_agg(k.bytes) filter (where not k.dynamic and k.state = 'complete') as static_bytes,
           array_agg(k.task_id) filter (where k.waited) as waited,
           array_agg(k.task_id) filter (where k.waited and k.fails) as refused,
           array_agg(k.task_id) filter (where not k.waited and not k.fails and not k.is_item) as done,
           array_agg(k.task_id) filter (where not k.waited and k.fails and not k.is_item) as failed
    into v_ended from kinds k;
    if v_ended.tasks is null then
        return 0;
    end if;
    if v_ended.noted_tasks is not null then
        perform tasker.forget_progress(v_ended.noted_tasks, v_ended.noted_steps);
    end if;
    v_static := tasker.advance_steps(
        0, 0, v_ended.static_tasks, v_ended.static_steps, v_ended.static_templates, v_ended.static_bytes);
    perform from tasker.tasks t where t.task_id = any (v_ended.tasks) order by t.task_id for update;
    if v_ended.item_tasks is not null then
        v_items := tasker.end_items(0, 0, v_ended.item_tasks, v_ended.item_steps);
        v_ended.dynamic_tasks := v_ended.dynamic_tasks || v_items.ended_tasks;
        v_ended.dynamic_steps := v_ended.dynamic_steps || v_items.ended_steps;
        v_ended.done := v_ended.done || v_items.done_tasks;
        v_ended.failed := v_ended.failed || v_items.failed_tasks;
    end if;
    v_next := tasker.advance_dynamic(null, 0, 0, v_ended.dynamic_tasks, v_ended.dynamic_steps);
    v_enqueue := v_static.enqueue_tasks || v_next.enqueue_tasks;
    v_steps := v_static.enqueue_steps || v_next.enqueue_steps;
    perform tasker.update_tasks(
        v_ended.done, v_ended.failed, null, v_enqueue || v_next.active_tasks,
        v_ended.refused || v_next.failed_tasks, v_next.waiting_tasks, v_ended.waited);
    if v_enqueue is not null then
        perform tasker.enqueue_by_queue(tasker.queues_of(v_enqueue, v_steps), v_enqueue, v_steps);
    end if;
    return cardinality(v_ended.tasks);
end;
$$;
