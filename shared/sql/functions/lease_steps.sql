-- Gives the steps of leased messages to a worker, and deletes the messages of steps that cannot be claimed.
-- It has no SET options: it runs under those of its caller.
-- called by: claim_steps.
-- p_again: some of the messages lost a lease. p_alone: the message of the step that must run alone; null if
--   there is none.
-- returns: the steps that the worker got and their messages, null if there are none; whether a step that
--   had no lease left failed.
-- locks: the steps (task_id, step_no), roots without a row first; then tasks.
-- moves: step enqueued | in_progress -> in_progress.
create or replace function tasker.lease_steps(
    p_queue text, p_worker int, p_lease_s int, p_msg_ids bigint[], p_task_ids uuid[], p_step_nos int[],
    p_again boolean, p_alone bigint,
    out msg_ids bigint[], out task_ids uuid[], out step_nos int[], out died boolean)
language plpgsql
as $$
declare
    v_held  record;
    v_rest  record;
    v_lost  uuid[]; -- tasks of roots that lost a lease after their start
    v_start record; -- when these tasks started: their roots' rows will no longer say so
begin
    died := false;
    select * into msg_ids, task_ids, step_nos
    from tasker.begin_roots(p_worker, p_msg_ids, p_task_ids, p_step_nos);
    if cardinality(msg_ids) = cardinality(p_msg_ids) then
        return;
    end if;
    if p_again then
        v_lost := array(
            select distinct s.task_id from unnest(p_task_ids, p_step_nos) m(task_id, step_no)
            join tasker.steps s on s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
            where s.state = 'in_progress' and s.started_at is not null and s.parents_total = 0);
        select array_agg(v.task_id order by v.task_id) as tasks,
               array_agg(v.started_at order by v.task_id) as times
        into v_start from tasker.task_rows(v_lost) v;
    end if;

    if p_again then
        insert into tasker.attempts (task_id, step_no, ended_at, attempt, delivery, worker_id, started_at, outcome)
        select s.task_id, s.step_no, tasker.clock(), s.failures + 1, s.delivery, s.worker_id, s.started_at, 'lost'
        from (select s.* from unnest(p_task_ids, p_step_nos) m(task_id, step_no)
              join tasker.steps s on s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
              where s.state = 'in_progress' and tasker.item_index(s.step_no) is null
                    and not tasker.has_no_lease_left(s.lost_alone, s.alone, s.started_at)
                    and ((m.task_id, m.step_no)
                         in (select * from unnest(lease_steps.task_ids, lease_steps.step_nos))) is not true
              order by s.task_id, s.step_no
              for update of s) s
        on conflict do nothing;
    end if;

    -- `any (array[…])` and `offset 0`: decision 0113.
    with held as (
        update tasker.steps s
        set state = 'in_progress', delivery = s.delivery + 1, worker_id = p_worker, started_at = null,
            lost_leases = s.lost_leases + (s.state = 'in_progress')::int,
            lost_alone = s.lost_alone
                + (s.state = 'in_progress' and s.alone and s.started_at is not null)::int,
            alone = coalesce(m.msg_id = p_alone, false)
        from (select m.*
              from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
              cross join lateral (select t.state, t.compensation from tasker.tasks t
                                  where t.task_id = m.task_id offset 0) t
              where tasker.has_work(t.state, t.compensation)
                and ((m.task_id, m.step_no)
                     in (select * from unnest(lease_steps.task_ids, lease_steps.step_nos))) is not true
              order by m.task_id, m.step_no) m
        where s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
          and (s.state = 'enqueued' or s.state = 'in_progress'
               and not tasker.has_no_lease_left(s.lost_alone, s.alone, s.started_at))
        returning m.msg_id, s.task_id, s.step_no
    )
    select array_agg(h.msg_id) as msg_ids, array_agg(h.task_id) as task_ids, array_agg(h.step_no) as step_nos
    into v_held from held h;
    msg_ids := msg_ids || v_held.msg_ids;
    task_ids := task_ids || v_held.task_ids;
    step_nos := step_nos || v_held.step_nos;

    if cardinality(p_msg_ids) > coalesce(cardinality(msg_ids), 0) then
        select array_agg(m.msg_id) as msg_ids, array_agg(m.task_id) as task_ids, array_agg(m.step_no) as step_nos
        into v_rest
        from unnest(p_msg_ids, p_task_ids, p_step_nos) m(msg_id, task_id, step_no)
        where m.msg_id <> all (coalesce(lease_steps.msg_ids, '{}'));
        died := tasker.fail_killers(
            p_queue, p_worker, p_lease_s, v_rest.msg_ids, v_rest.task_ids, v_rest.step_nos);
        execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using v_rest.msg_ids;
    end if;
    if cardinality(v_lost) > 0 then
        update tasker.tasks t set started_at = least(t.started_at, s.started_at)
        from (select * from unnest(v_start.tasks, v_start.times) u(task_id, started_at) offset 0) s
        where t.task_id = any (array[s.task_id]) and not tasker.has_ended(t.state);
    end if;
end;
$$;
