-- Takes the messages of paused tasks out of a queue: a timer of kind `paused` returns each when the pause ends. A step
-- whose lease ended stays in the queue, and is looked at again after p_lease_s seconds. It has no SET options: it runs
-- under those of its caller.
-- called by: claim_steps, if something is paused. It holds pauses_lock and the messages.
-- returns: the three arrays without these messages, null if none is left.
-- locks: none. A step that is cancelled at the same time leaves a timer behind, which returns a message that the next
--   claim drops.
create or replace function tasker.park_steps(
    p_queue text, p_lease_s int, inout msg_ids bigint[], inout task_ids uuid[], inout step_nos int[])
language plpgsql
as $$
declare
    v_paused uuid[] := array(select p.task_id from tasker.pauses_of(task_ids) p);
    v_parked record;
begin
    if v_paused = '{}' then
        return;
    end if;
    select array_agg(m.msg_id) filter (where s.state is distinct from 'in_progress') as msg_ids,
           array_agg(m.task_id) filter (where s.state is distinct from 'in_progress') as task_ids,
           array_agg(m.step_no) filter (where s.state is distinct from 'in_progress') as step_nos,
           array_agg(m.msg_id) filter (where s.state = 'in_progress') as lost_ids
    into v_parked
    from unnest(msg_ids, task_ids, step_nos) m(msg_id, task_id, step_no)
    -- `offset 0`: decision 0113.
    left join lateral (
        select s.state from tasker.steps s where s.task_id = m.task_id and s.step_no = m.step_no offset 0) s on true
    where m.task_id = any (v_paused) and coalesce(s.state, 'enqueued') in ('enqueued', 'in_progress');
    if v_parked.msg_ids is not null then
        insert into tasker.timers (due_at, task_id, step_no, kind, queue, msg_id)
        select tasker.held_until(tasker.clock()), p.task_id, p.step_no, 'paused'::tasker.timer_kind, p_queue, p.msg_id
        from unnest(v_parked.task_ids, v_parked.step_nos, v_parked.msg_ids) p(task_id, step_no, msg_id)
        on conflict do nothing;
        execute format('select tasker_queues.%I($1)', 'delete_' || p_queue) using v_parked.msg_ids;
    end if;
    if v_parked.lost_ids is not null then
        -- With 0 s, the claim does not count as a lease.
        execute format('select tasker_queues.%1$I($1, 0), tasker_queues.%1$I($1, $2)', 'set_vt_' || p_queue)
        using v_parked.lost_ids, p_lease_s;
    end if;
    select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no)
    into msg_ids, task_ids, step_nos
    from unnest(msg_ids, task_ids, step_nos) m(msg_id, task_id, step_no)
    where m.msg_id <> all (coalesce(v_parked.msg_ids, '{}') || coalesce(v_parked.lost_ids, '{}'));
end;
$$;
