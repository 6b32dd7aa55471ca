-- Returns steps to their queues, with the numbers of their last messages: those whose retry or repetition is due, and
-- those whose messages park_steps took. If a retry or a repetition is due and the budget of the task is exhausted, the
-- step fails instead.
-- called by: fire_timers. It has no SET options: it runs under those of its caller.
-- p_…: timers that are due; those of other kinds are ignored, and those of steps that no longer wait.
-- returns: how many steps it moved, or sent again.
-- locks: steps (task_id, step_no), tasks (task_id), then queues; see end_waits.
-- moves: step waiting_for_retry | waiting -> enqueued | failed; task waiting -> running; others as end_waits.
create or replace function tasker.return_steps(
    p_task_ids uuid[], p_step_nos int[], p_kinds tasker.timer_kind[], p_queues text[], p_msg_ids bigint[]) returns int
language plpgsql
as $$
declare
    v_now      timestamptz := tasker.clock();
    v_returned record;
    v_tasks    uuid[]; -- those that must not run again
    v_steps    int[];
    v_errors   text[];
    v_batch    record;
    v_sent     int := 0;
begin
    select * into v_tasks, v_steps, v_errors from tasker.refused_steps(p_task_ids, p_step_nos, p_kinds);
    if v_tasks is not null then
        -- Several statements move them, so the steps are locked in order first, then the tasks.
        perform from (select * from unnest(p_task_ids, p_step_nos) u(task_id, step_no)
                      order by u.task_id, u.step_no offset 0) i
        join tasker.steps s on s.task_id = any (array[i.task_id]) and s.step_no = i.step_no
        for update of s;
        perform from tasker.tasks t where t.task_id = any (p_task_ids) order by t.task_id for update;
    end if;
    with returned as (
        update tasker.steps s
        set state = 'enqueued', enqueued_at = v_now, worker_id = null, started_at = null
        from (select * from unnest(p_task_ids, p_step_nos, p_kinds, p_queues, p_msg_ids)
                  u(task_id, step_no, kind, queue, msg_id)
              where u.kind in ('retry', 'repeat')
                and (u.task_id, u.step_no) not in (select * from unnest(v_tasks, v_steps)) order by u.task_id, u.step_no) g
        where s.task_id = any (array[g.task_id]) and s.step_no = g.step_no
          and s.state = (case g.kind when 'retry' then 'waiting_for_retry' else 'waiting' end)::tasker.step_state
        returning s.task_id, s.step_no, g.queue, g.msg_id
    )
    select array_agg(r.task_id) as tasks, array_agg(r.step_no) as steps, array_agg(r.queue) as queues,
           array_agg(r.msg_id) as msg_ids
    into v_returned from returned r;
    update tasker.tasks t
    set steps_active = t.steps_active + n.steps, steps_waiting = t.steps_waiting - n.steps,
        state = case when t.compensation is null then 'running' else t.state end
    from (select u.task_id, count(*)::int as steps
          from unnest(v_returned.tasks || v_tasks, v_returned.steps || v_steps) u(task_id, step_no)
          where tasker.item_index(u.step_no) is null -- the map is counted, not its items
          group by u.task_id order by u.task_id) n
    where t.task_id = any (array[n.task_id]) and tasker.has_work(t.state, t.compensation);
    for v_batch in
        select r.queue, array_agg(r.msg_id) as msg_ids, array_agg(r.task_id) as task_ids,
               array_agg(r.step_no) as step_nos
        from (select * from unnest(v_returned.queues, v_returned.msg_ids, v_returned.tasks, v_returned.steps)
                  r(queue, msg_id, task_id, step_no)
              union all
              select u.queue, u.msg_id, u.task_id, u.step_no
              from unnest(p_task_ids, p_step_nos, p_kinds, p_queues, p_msg_ids)
                       u(task_id, step_no, kind, queue, msg_id)
              where u.kind = 'paused') r
        group by r.queue order by r.queue
    loop
        execute format('select tasker_queues.%I($1, $2, $3)', 'resend_' || v_batch.queue)
        using v_batch.msg_ids, v_batch.task_ids, v_batch.step_nos;
        perform tasker.note_ready(v_batch.queue);
        v_sent := v_sent + cardinality(v_batch.msg_ids);
    end loop;
    if v_tasks is not null then
        perform tasker.end_waits(
            v_tasks, v_steps, array_fill('failed'::tasker.step_state, array[cardinality(v_tasks)]), v_errors);
    end if;
    return v_sent + coalesce(cardinality(v_tasks), 0);
end;
$$;
