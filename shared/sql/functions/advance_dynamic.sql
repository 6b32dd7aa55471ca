-- advance_steps for tasks of dynamic templates: counts the parents of each child that have ended, and moves the
-- children whose parents have all ended as judge_steps decides. A child that is no handler begins its wait. A child
-- that does not run, or whose wait ends immediately, has ended too, so this continues in rounds until no other step ends. It has no SET options: see advance_steps.
-- called by: finish_steps, start_dynamic, end_waits.
-- p_task_ids, p_step_nos: the steps that ended: complete, failed or skipped; null for none. p_take: see finish_steps.
-- returns: the steps that are to be enqueued (enqueue_…), and those that were leased to p_worker (taken_…); the
--   tasks of steps that failed without having been ready, that now wait for a time or a signal (waiting_tasks), and that
--   wait for items or child tasks (active_tasks); null if there are none.
-- REQUIRES: the caller has locked the tasks, so that one session at a time advances a task.
-- locks: the tasks' steps.
-- moves: step pending -> enqueued | in_progress | skipped | failed | waiting, waiting -> complete | skipped | failed.
create or replace function tasker.advance_dynamic(
    p_worker int, p_take int, p_task_ids uuid[], p_step_nos int[],
    out enqueue_tasks uuid[], out enqueue_steps int[], out taken_tasks uuid[], out taken_steps int[],
    out failed_tasks uuid[], out waiting_tasks uuid[], out active_tasks uuid[])
language plpgsql
as $$
declare
    v_now   timestamptz;
    v_left  int := p_take;
    v_ended record;
    v_ready record;
    v_waits uuid[];            -- the tasks of steps that begin to wait
    v_steps int[];
    v_kinds tasker.step_kind[];
    v_begun record;
begin
    if p_task_ids is null then
        return;
    end if;
    v_now := tasker.clock(); -- under the tasks' locks
    select p_task_ids as tasks, p_step_nos as steps into v_ended;
    loop
        -- `any (array[…])` and `offset 0`: decision 0113.
        with counted as (
            insert into tasker.steps as s
                (task_id, step_no, template_id, dynamic, parents_total, parents_done, parents_bytes, state)
            select p.task_id, c.step_no, p.template_id, true, c.parents_total, count(*),
                   least(sum(p.bytes), 2147483647)::int, 'pending'::tasker.step_state
            from unnest(v_ended.tasks, v_ended.steps) e(task_id, step_no)
            cross join lateral (
                select s.task_id, s.template_id, coalesce(octet_length(s.result::text), 0) as bytes
                from tasker.steps s where s.task_id = e.task_id and s.step_no = e.step_no offset 0) p
            cross join lateral (
                select d.children, d.child_parents from tasker.template_steps d
                where d.template_id = p.template_id and d.step_no = e.step_no offset 0) d
            cross join lateral unnest(d.children, d.child_parents) c(step_no, parents_total)
            group by p.task_id, c.step_no, p.template_id, c.parents_total
            order by p.task_id, c.step_no
            on conflict (task_id, step_no) do update
            set parents_done = s.parents_done + excluded.parents_done,
                parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int
            where s.state = 'pending' -- a cancelled child stays so
            returning s.task_id, s.step_no, s.parents_done = s.parents_total as is_ready
        )
        select array_agg(c.task_id) as tasks, array_agg(c.step_no) as steps into v_ready
        from counted c where c.is_ready;
        exit when v_ready.tasks is null;

        with decided as materialized (
            select j.task_id, j.step_no, j.kind, j.error, j.fails_task,
                   case when j.outcome = 'run' and j.kind <> 'handler' then 'wait' else j.outcome end as outcome,
                   row_number() over (order by j.outcome <> 'run' or j.kind <> 'handler', j.task_id, j.step_no)
                       <= v_left as may_take
            from tasker.judge_steps(v_ready.tasks, v_ready.steps) j
        ), moved as (
            update tasker.steps s
            set state = (case d.outcome when 'run' then case when d.may_take then 'in_progress' else 'enqueued' end
                                        when 'wait' then 'waiting'
                                        when 'skip' then 'skipped'
                                        when 'fail' then 'failed' else 'pending' end)::tasker.step_state,
                enqueued_at = case when d.outcome in ('run', 'wait') then v_now end,
                started_at = case d.outcome when 'wait' then v_now end,
                delivery = (d.outcome = 'run' and d.may_take)::int,
                worker_id = case when d.outcome = 'run' and d.may_take then p_worker end,
                finished_at = case when d.outcome in ('skip', 'fail') then v_now end,
                error = d.error
            from (select * from decided x order by x.task_id, x.step_no) d
            where s.task_id = any (array[d.task_id]) and s.step_no = d.step_no
            returning s.task_id, s.step_no, s.state, d.kind, d.fails_task
        )
        select enqueue_tasks || array_agg(m.task_id) filter (where m.state = 'enqueued'),
               enqueue_steps || array_agg(m.step_no) filter (where m.state = 'enqueued'),
               taken_tasks || array_agg(m.task_id) filter (where m.state = 'in_progress'),
               taken_steps || array_agg(m.step_no) filter (where m.state = 'in_progress'),
               failed_tasks || array_agg(m.task_id) filter (where m.fails_task),
               array_agg(m.task_id) filter (where m.state = 'waiting'),
               array_agg(m.step_no) filter (where m.state = 'waiting'),
               array_agg(m.kind) filter (where m.state = 'waiting')
        into enqueue_tasks, enqueue_steps, taken_tasks, taken_steps, failed_tasks, v_waits, v_steps, v_kinds
        from moved m;
        if v_waits is not null then
            v_begun := tasker.begin_waits(v_waits, v_steps, v_kinds);
            failed_tasks := failed_tasks || v_begun.failed_tasks;
            waiting_tasks := waiting_tasks || v_begun.waiting_tasks;
            active_tasks := active_tasks || v_begun.active_tasks;
        end if;
        select array_agg(s.task_id) as tasks, array_agg(s.step_no) as steps into v_ended
        from unnest(v_ready.tasks, v_ready.steps) r(task_id, step_no)
        cross join lateral (
            select * from tasker.steps s where s.task_id = r.task_id and s.step_no = r.step_no offset 0) s
        where s.state in ('pending', 'skipped', 'failed', 'complete');
        exit when v_ended.tasks is null;
        v_left := p_take - coalesce(cardinality(taken_tasks), 0);
    end loop;
end;
$$;
