-- Gives the steps of leased messages to a worker, and deletes the messages of steps that cannot be claimed.
-- It has no SET options: it runs under those of its caller.
-- called by: claim_steps.
-- p_alone: the message of the step that must run alone; null if there is none.
-- returns: the steps that the worker got and their messages, null if there are none; whether a step that
--   had no lease left failed.
-- locks: the steps (task_id, step_no), then tasks.
-- moves: step enqueued | in_progress -> in_progress; task pending -> running.
create or replace function tasker.lease_steps(
    p_queue text, p_worker int, p_lease_s int, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[],
    p_alone bigint, out msg_ids bigint[], out task_ids uuid[], out step_nos int[], out died boolean)
language plpgsql
as $$
declare
    v_now   timestamptz := tasker.clock(); -- after the read: no task starts before its step was enqueued
    v_fresh uuid[];
    v_rest  record;
begin
    died := false;
    -- `any (array[…])` and `offset 0`: decision 0113.
    with held as (
        update tasker.steps s
        set state = 'in_progress', delivery = s.delivery + 1, worker_id = p_worker, started_at = null,
            lost_leases = s.lost_leases + (s.state = 'in_progress')::int,
            lost_alone = s.lost_alone
                + (s.state = 'in_progress' and s.alone and s.started_at is not null)::int,
            alone = coalesce(m.msg_id = p_alone, false)
        from (select m.*, t.state = 'pending' as fresh
              from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
              cross join lateral (select t.state from tasker.tasks t
                                  where t.task_id = m.task_id offset 0) t
              where t.state in ('pending', 'running', 'waiting')
              order by m.task_id, m.step_no) m
        where s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
          and (s.state = 'enqueued' or s.state = 'in_progress'
               and not tasker.has_no_lease_left(s.lost_alone, s.alone, s.started_at))
        returning m.msg_id, s.task_id, s.step_no, m.fresh
    )
    select array_agg(h.msg_id), array_agg(h.task_id), array_agg(h.step_no),
           array_agg(h.task_id order by h.task_id) filter (where h.fresh)
    into msg_ids, task_ids, step_nos, v_fresh
    from held h;

    if cardinality(p_msg_ids) > coalesce(cardinality(msg_ids), 0) then
        select array_agg(m.msg_id) as msg_ids, array_agg(m.task_id) as task_ids, array_agg(m.step_no) as step_nos
        into v_rest
        from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
        where m.msg_id <> all (coalesce(lease_steps.msg_ids, '{}'));
        died := tasker.fail_killers(
            p_queue, p_worker, p_lease_s, v_rest.msg_ids, v_rest.task_ids, v_rest.step_nos);
        execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using v_rest.msg_ids;
    end if;
    if v_fresh is not null then
        update tasker.tasks t set state = 'running', started_at = v_now
        where t.task_id = any (v_fresh) and t.state = 'pending';
    end if;
end;
$$;
