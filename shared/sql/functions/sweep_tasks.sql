-- Looks at the next tasks in the order of their ids, and enqueues their lost steps again: see lost_steps. A step that
-- was in progress runs again, as after the end of its lease; the report of its earlier attempt is refused from then on.
-- called by: the orchestrator (sweeper).
-- p_after: the last task of the previous batch; null for the first one. p_limit: how many tasks it looks at.
-- p_dry_run: it only counts.
-- returns: the last task that it looked at, null if there are no more; how many lost steps it found and enqueued.
-- locks: the tasks of lost steps (skip locked).
-- cost: reads p_limit tasks; the rest only if some of them have not ended.
create or replace function tasker.sweep_tasks(
    p_after uuid, p_limit int, p_dry_run boolean default false, out next_after uuid, out lost int)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_seen record;
    v_lost record;
begin
    lost := 0;
    select count(*) as tasks, (array_agg(t.task_id order by t.task_id desc))[1] as last,
           array_agg(t.task_id) filter (where tasker.has_work(t.state, t.compensation)) as open
    into v_seen
    from (select t.task_id, t.state, t.compensation from tasker.tasks t
          where t.task_id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
          order by t.task_id limit p_limit) t;
    next_after := case when v_seen.tasks = p_limit then v_seen.last end;
    if v_seen.open is null then
        return;
    end if;
    select array_agg(l.task_id) as tasks, array_agg(l.step_no) as steps into v_lost
    from tasker.lost_steps(v_seen.open) l;
    if v_lost.tasks is not null and not p_dry_run then
        -- Once more under the locks: another sweeper may have enqueued them.
        v_seen.open := array(
            select t.task_id
            from (select distinct u.task_id from unnest(v_lost.tasks) u(task_id) order by u.task_id offset 0) i
            join tasker.tasks t on t.task_id = any (array[i.task_id])
            for update of t skip locked);
        select array_agg(l.task_id) as tasks, array_agg(l.step_no) as steps into v_lost
        from tasker.lost_steps(v_seen.open) l;
        if v_lost.tasks is not null then
            perform tasker.enqueue_by_queue(
                tasker.queues_of(v_lost.tasks, v_lost.steps), v_lost.tasks, v_lost.steps);
        end if;
    end if;
    lost := coalesce(cardinality(v_lost.tasks), 0);
end;
$$;
