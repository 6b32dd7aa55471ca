-- Skips the steps, and the items of maps, that have not started or wait, of tasks whose run has ended, and counts them.
-- A map whose items still run ends with them. It has no SET options: it runs under those of its callers.
-- called by: end_runs; update_tasks, for steps that began to wait after that.
-- REQUIRES: the caller has locked these steps and the tasks.
-- locks: maps; see update_tasks.
-- moves: step pending | enqueued | waiting_for_retry | waiting -> skipped; map waiting -> complete | failed; items: see
--   stop_map. Timers are deleted, and messages are dropped when they next turn up.
create or replace function tasker.skip_steps(p_task_ids uuid[]) returns void
language plpgsql
as $$
declare
    v_now     timestamptz := tasker.clock();
    v_map     tasker.maps;
    v_done    uuid[]; -- tasks of skipped steps, and of maps that ended; once for each
    v_failed  uuid[];
    v_tasks   uuid[]; -- of the maps that ended
    v_maps    int[];
    v_skipped record;
    v_paused  boolean := exists (select from tasker.pauses); -- enqueued steps may have timers
begin
    -- `any (array[…])` and `offset 0`: decision 0113.
    for v_map in
        update tasker.maps m set is_skipped = true
        from (select m.task_id, m.step_no
              from unnest(p_task_ids) o(task_id)
              cross join lateral (
                  select * from tasker.maps m where m.task_id = o.task_id and not m.is_skipped offset 0) m
              cross join lateral (
                  select from tasker.steps s
                  where s.task_id = m.task_id and s.step_no = m.step_no and s.state = 'waiting' offset 0) s
              offset 0) i
        where m.task_id = any (array[i.task_id]) and m.step_no = i.step_no
        returning m.*
    loop
        v_map.items_open := tasker.stop_map(v_map, null);
        if v_map.items_open = 0 then
            v_maps := v_maps || v_map.step_no;
            v_tasks := v_tasks || v_map.task_id;
            if tasker.end_map(v_map) then
                v_failed := v_failed || v_map.task_id;
            else
                v_done := v_done || v_map.task_id;
            end if;
        end if;
    end loop;

    if v_maps is not null then
        perform tasker.publish_events(v_tasks, v_maps);
    end if;

    with idle as materialized (
        select s.task_id, s.step_no, s.state,
               s.state = 'waiting_for_retry'
                   or s.state = 'waiting' and (d.kind in ('sleep', 'signal') or d.kind = 'handler' and d.repeat is not null)
                   as waited
        from unnest(p_task_ids) o(task_id)
        cross join lateral (
            select * from tasker.steps s
            where s.task_id = o.task_id and s.step_no < 10000
              and s.state in ('pending', 'enqueued', 'waiting_for_retry', 'waiting') offset 0) s
        cross join lateral (
            select * from tasker.template_steps d
            where d.template_id = s.template_id and d.step_no = s.step_no offset 0) d
        where s.state <> 'waiting' or d.kind <> 'map'
    ), skipped as (
        update tasker.steps s set state = 'skipped', finished_at = v_now
        from (select * from idle order by task_id, step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        returning s.task_id, s.step_no, s.has_progress, i.state, i.waited
    )
    select array_agg(k.task_id) filter (where k.state <> 'pending' and not k.waited) as done,
           array_agg(k.task_id) filter (where k.waited) as waited,
           array_agg(k.task_id) filter (where k.state in ('waiting', 'waiting_for_retry')
                                              or v_paused and k.state = 'enqueued') as wait_tasks,
           array_agg(k.step_no) filter (where k.state in ('waiting', 'waiting_for_retry')
                                              or v_paused and k.state = 'enqueued') as wait_steps,
           array_agg(k.task_id) filter (where k.has_progress) as noted_tasks,
           array_agg(k.step_no) filter (where k.has_progress) as noted_steps
    into v_skipped from skipped k;
    if v_skipped.wait_tasks is not null then
        perform tasker.forget_waits(v_skipped.wait_tasks, v_skipped.wait_steps);
    end if;
    if v_skipped.noted_tasks is not null then
        perform tasker.forget_progress(v_skipped.noted_tasks, v_skipped.noted_steps);
    end if;
    perform tasker.update_tasks(v_done || v_skipped.done, v_failed, null, null, null, null, v_skipped.waited);
end;
$$;
