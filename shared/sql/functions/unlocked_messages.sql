-- Of messages that were read before, locks the steps that no other session has locked, and returns their
-- messages and those without a step. The report of a step whose lease ran out locks the step, then the
-- message, so waiting for the step with the message locked could deadlock. A locked step is left to its
-- report, and its message is returned to the queue: if the report fails, the step has lost no other lease,
-- and can be claimed immediately.
-- called by: claim_steps.
-- returns: the three arrays without the other messages, null if none is left.
-- locks: steps (skip locked); the messages are the caller's already.
create or replace function tasker.unlocked_messages(
    p_queue text, inout msg_ids bigint[], inout task_ids uuid[], inout step_nos int[])
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    v_read bigint[] := msg_ids;
begin
    with message as materialized (
        select * from unnest(msg_ids, task_ids, step_nos) m(msg_id, task_id, step_no)
    ), free as materialized (
        select m.msg_id, m.task_id, m.step_no
        from message m
        join tasker.steps s on s.task_id = any (array[m.task_id]) and s.step_no = m.step_no
        for update of s skip locked
    ), unknown as (
        select * from message m
        where not exists (select from tasker.steps s
                          where s.task_id = m.task_id and s.step_no = m.step_no offset 0)
    )
    select array_agg(m.msg_id), array_agg(m.task_id), array_agg(m.step_no)
    into msg_ids, task_ids, step_nos
    from (select * from free union all select * from unknown) m;
    if cardinality(msg_ids) = cardinality(v_read) is not true then
        execute format('select tasker_queues.%I($1, 0)', 'set_vt_' || p_queue)
        using array(select m.msg_id from unnest(v_read) m(msg_id)
                    where m.msg_id <> all (coalesce(msg_ids, '{}')));
    end if;
end;
$$;
