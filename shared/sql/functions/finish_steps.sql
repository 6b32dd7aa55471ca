-- Takes the results of steps that ran, successes and failures alike, and moves their tasks forward:
-- stores results, counts down children, enqueues those that became ready, schedules retries, finishes
-- tasks, deletes the messages of what was accepted (a refused step's message belongs to whoever holds
-- it now). All of p_… arrays are parallel; all steps come from p_queue, which is
-- also their children's.
-- p_outcomes: 0 success (payload: result), 1 retryable failure, 2 permanent failure (payload: error).
-- p_retry_after_ms: overrides the template's backoff for this failure; null = by the template.
-- p_ran_us: how long ago the handler started.
-- p_take: how many newly ready steps the caller would like at once (continuation): they come back
--   already leased for p_lease_s to p_worker, so that a chain costs one transaction a step.
-- called by: the worker; finish_step (fan-outs); claim_steps (steps that lost their worker too often).
-- returns: the continuations, and the reports that are refused: another attempt has the step, or it was
--   cancelled.
-- locks: own steps (task_id, step_no), children (same order), tasks (task_id), then own messages (msg_id).
-- moves: step in_progress -> complete | failed | waiting_for_retry, pending -> enqueued | in_progress;
--   task -> running | waiting | failed | complete.
-- raises: TK001 when the arrays differ in length.
-- cost: a few statements on primary keys for the whole batch; a task's row is written only when its
--   number of active steps changes.
create or replace function tasker.finish_steps(
    p_queue text, p_worker int, p_lease_s int, p_take int,
    p_task_ids uuid[], p_step_nos int[], p_attempts int[], p_msg_ids bigint[],
    p_outcomes int2[], p_payloads text[], p_retry_after_ms int[], p_ran_us int[])
returns setof tasker.claimed_step
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_now         timestamptz := tasker.clock();
    v_done_tasks  uuid[];     -- own steps that were accepted as complete
    v_done_steps  int[];
    v_done_templs int[];
    v_done_msgs   bigint[];
    v_done_bytes  int[];
    v_fail_tasks  uuid[];     -- tasks of own steps that failed permanently
    v_defer_tasks uuid[];     -- tasks of own steps that will be retried
    v_fail_msgs   bigint[];   -- messages of both
    v_ready_tasks uuid[];     -- children that became ready and were enqueued
    v_ready_steps int[];
    v_take_tasks  uuid[];     -- children that became ready and go to the caller
    v_take_steps  int[];
    v_take_msgs   bigint[];
    v_free_msgs   bigint[];   -- messages of the own steps that were accepted
    v_reused      int;
    v_finished    uuid[];
    v_row         tasker.claimed_step;
begin
    if (cardinality(p_task_ids) = all (array[
           cardinality(p_step_nos), cardinality(p_attempts), cardinality(p_msg_ids),
           cardinality(p_outcomes), cardinality(p_payloads), cardinality(p_retry_after_ms),
           cardinality(p_ran_us)])) is not true then
        raise exception 'finish_steps: all arrays must have the same length' using errcode = 'TK001';
    end if;

    -- `any (array[…])` and `offset 0` leave the planner only look-ups by key (decision 0113).
    with done as (
        update tasker.steps s
        set state = 'complete', finished_at = v_now, result = i.payload::json, error = null,
            started_at = coalesce(s.started_at, greatest(
                s.enqueued_at, v_now - i.ran_us * interval '1 microsecond'))
        from (select * from unnest(p_task_ids, p_step_nos, p_attempts, p_outcomes, p_payloads, p_msg_ids,
                                   p_ran_us)
                  i(task_id, step_no, attempt, outcome, payload, msg_id, ran_us)
              where i.outcome = 0 order by i.task_id, i.step_no) i
        where s.task_id = any (array[i.task_id]) and s.step_no = i.step_no and s.attempt = i.attempt
          and s.state = 'in_progress'
        returning s.task_id, s.step_no, s.template_id, i.msg_id, coalesce(octet_length(i.payload), 0) as bytes
    )
    select array_agg(d.task_id), array_agg(d.step_no), array_agg(d.template_id), array_agg(d.msg_id),
           array_agg(d.bytes)
    into v_done_tasks, v_done_steps, v_done_templs, v_done_msgs, v_done_bytes
    from done d;

    if p_outcomes && '{1,2}'::int2[] then
        select f.failed_tasks, f.deferred_tasks, f.msg_ids into v_fail_tasks, v_defer_tasks, v_fail_msgs
        from tasker.fail_steps(p_task_ids, p_step_nos, p_attempts, p_msg_ids, p_outcomes, p_payloads,
                               p_retry_after_ms, p_ran_us, v_now) f;
    end if;

    -- A child with several parents may be counted down by many at once: the upsert serialises them on
    -- its row, and the one that brings parents_done to parents_total makes it ready. The clock is asked
    -- anew, behind the lock: the other parents may have finished after this function began.
    -- In a row that is not ready, `alone` tells the conflict branch that the caller wants the child; before a
    -- claim it has no other meaning.
    if v_done_tasks is not null then
        with touched as (
            insert into tasker.steps as s
                (task_id, step_no, template_id, parents_total, parents_done, parents_bytes, state,
                 enqueued_at, attempt, worker_id, alone)
            select c.task_id, c.step_no, c.template_id, c.parents_total, c.parents_done,
                   least(c.parents_bytes, 2147483647)::int,
                   (case when c.parents_done < c.parents_total then 'pending'
                         when c.wanted then 'in_progress' else 'enqueued' end)::tasker.step_state,
                   case when c.parents_done = c.parents_total then v_now end,
                   (c.wanted and c.parents_done = c.parents_total)::int,
                   case when c.wanted and c.parents_done = c.parents_total then p_worker end,
                   c.wanted and c.parents_done < c.parents_total
            from (select d.task_id, k.step_no, d.template_id, k.parents_total,
                         count(*)::int as parents_done, sum(d.bytes) as parents_bytes,
                         row_number() over (order by d.task_id, k.step_no) <= p_take as wanted
                  from unnest(v_done_tasks, v_done_steps, v_done_templs, v_done_bytes)
                           d(task_id, step_no, template_id, bytes)
                  join tasker.template_steps o
                      on o.template_id = any (array[d.template_id]) and o.step_no = d.step_no
                  cross join lateral unnest(o.children, o.child_parents) k(step_no, parents_total)
                  group by d.task_id, k.step_no, d.template_id, k.parents_total
                  order by d.task_id, k.step_no) c
            on conflict (task_id, step_no) do update
            set parents_done = s.parents_done + excluded.parents_done,
                parents_bytes = least(s.parents_bytes::bigint + excluded.parents_bytes, 2147483647)::int,
                state = case when s.state <> 'pending'
                               or s.parents_done + excluded.parents_done < s.parents_total then s.state
                             when excluded.alone then 'in_progress'
                             else 'enqueued' end,
                enqueued_at = case when s.parents_done + excluded.parents_done = s.parents_total
                                   then tasker.clock() end,
                attempt = (s.parents_done + excluded.parents_done = s.parents_total
                           and excluded.alone)::int,
                worker_id = case when s.parents_done + excluded.parents_done = s.parents_total
                                      and excluded.alone then p_worker end,
                alone = false
            returning s.task_id, s.step_no, s.state
        )
        select array_agg(t.task_id) filter (where t.state = 'enqueued'),
               array_agg(t.step_no) filter (where t.state = 'enqueued'),
               array_agg(t.task_id) filter (where t.state = 'in_progress'),
               array_agg(t.step_no) filter (where t.state = 'in_progress')
        into v_ready_tasks, v_ready_steps, v_take_tasks, v_take_steps
        from touched t;
    end if;

    with delta as (
        select x.task_id, sum(x.active)::int as active, sum(x.deferred)::int as deferred,
               sum(x.failed)::int as failed
        from (select u, -1, 0, 0 from unnest(v_done_tasks) u
              union all select u, -1, 0, 1 from unnest(v_fail_tasks) u
              union all select u, -1, 1, 0 from unnest(v_defer_tasks) u
              union all select u, 1, 0, 0 from unnest(v_ready_tasks) u
              union all select u, 1, 0, 0 from unnest(v_take_tasks) u) x(task_id, active, deferred, failed)
        group by x.task_id
        having sum(x.active) <> 0 or sum(x.deferred) <> 0 or sum(x.failed) <> 0
        order by x.task_id
    ), moved as (
        update tasker.tasks t
        set steps_active = t.steps_active + d.active, steps_deferred = t.steps_deferred + d.deferred,
            steps_failed = t.steps_failed + d.failed,
            state = tasker.task_state_of(t.steps_active + d.active, t.steps_deferred + d.deferred,
                                         t.steps_failed + d.failed),
            finished_at = case when t.steps_active + d.active = 0 and t.steps_deferred + d.deferred = 0
                               then tasker.clock() end
        from delta d
        where t.task_id = any (array[d.task_id]) and t.state in ('pending', 'running', 'waiting')
        returning t.task_id, t.state
    )
    select array_agg(m.task_id) into v_finished
    from moved m where m.state in ('failed', 'complete');

    -- What goes straight to the caller takes over the messages of what it has just answered: one HOT
    -- update each, instead of a delete and a send. The rest is deleted and sent as usual.
    -- In ascending order, replace_ before delete_: extend_leases locks the same messages in this order.
    v_free_msgs := array(select m from unnest(v_done_msgs || v_fail_msgs) m order by m);
    v_reused := least(coalesce(cardinality(v_take_tasks), 0), cardinality(v_free_msgs));
    if v_reused > 0 then
        execute format('select tasker_queues.%I($1, $2, $3, $4)', 'replace_' || p_queue)
        using v_free_msgs[:v_reused], v_take_tasks[:v_reused], v_take_steps[:v_reused], p_lease_s;
        v_take_msgs := v_free_msgs[:v_reused];
        v_free_msgs := v_free_msgs[v_reused + 1:];
    end if;
    if cardinality(v_free_msgs) > 0 then
        execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using v_free_msgs;
    end if;
    if v_ready_tasks is not null then
        perform tasker.enqueue_steps(p_queue, v_ready_tasks, v_ready_steps);
    end if;
    if v_take_tasks is not null then
        if v_reused < cardinality(v_take_tasks) then
            execute format('select $1 || tasker_queues.%I($2, $3, $4)', 'send_' || p_queue) into v_take_msgs
            using v_take_msgs, v_take_tasks[v_reused + 1:], v_take_steps[v_reused + 1:], p_lease_s;
        end if;
        return query
            select * from tasker.claimed_rows(p_queue, v_take_msgs, v_take_tasks, v_take_steps);
    end if;
    if v_finished is not null then
        perform tasker.note_finished(v_finished);
    end if;
    if coalesce(cardinality(v_done_tasks), 0) + coalesce(cardinality(v_fail_tasks), 0)
           + coalesce(cardinality(v_defer_tasks), 0) < cardinality(p_task_ids) then
        v_row.refused := true;
        v_row.queue := p_queue;
        for v_row.msg_id, v_row.task_id, v_row.step_no, v_row.attempt in
            select * from unnest(p_msg_ids, p_task_ids, p_step_nos, p_attempts) i(msg_id)
            where i.msg_id = any (array(select unnest(p_msg_ids)
                                        except select unnest(v_done_msgs || v_fail_msgs)))
        loop
            return next v_row;
        end loop;
    end if;
end;
$$;
